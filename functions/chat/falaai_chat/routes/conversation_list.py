"""Routes of conversations."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from falaai.database import Statements
from falaai.repositories import conversations, sessions
from falaai.repositories.conversations import Conversation, Cursor
from falaai.repositories.transcripts import Page
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.conversation_changes import (
    change,
    delete,
    get_conversation,
    newest_within,
    open_conversation,
    read_page,
)
from falaai_chat.export import EXPORTS, Format, file_name, read_part
from falaai_chat.schemas import ConversationChange
from falaai_chat.views import conversation_view, decode_cursor, message_views, next_page

router = APIRouter()

# So many characters of messages make an answer of some 400 KB; Lambda allows 6 MB.
PAGE_CHARACTERS = 100_000

Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/conversations")
def list_conversations(
    session: CurrentSession,
    database: Db,
    request: Request,
    response: Response,
    limit: Limit = 50,
    cursor: Annotated[str, Query(max_length=100)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> list[dict[str, Any]]:
    """The person's conversations, pinned first, then by last use; the next page behind the Link header.

    `q` keeps those that have these words in their title or in any message. A page of a search may have few, or none,
    and still a next one: it ends when it has looked through enough.
    """
    after = decode_cursor(cursor) if cursor else None
    rows, end = _page(database, session.user_id, limit, after, q.strip())
    if end:
        response.headers["Link"] = f'<{pages.address(request, next_page(end, limit, q))}>; rel="next"'
    return [conversation_view(row, session.now) for row in rows]


def _page(
    sql: Statements, user_id: int, limit: int, after: Cursor | None, words: str
) -> tuple[list[Conversation], Conversation | Cursor | None]:
    """A page of the list, and what the next one comes after."""
    if words:
        return conversations.list_matching_conversations(sql, user_id, words, limit, after)
    rows = conversations.list_conversations(sql, user_id, limit + 1, after)
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None


@router.get("/conversation/{conversation_id}")
def read_conversation(
    conversation_id: int,
    session: CurrentSession,
    database: Db,
    request: Request,
    response: Response,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> list[dict[str, Any]]:
    """A page of messages, oldest first, older ones behind the Link header; long ones are fewer than `limit`.

    The newest page becomes the active conversation for a page of our own origin (`Sec-Fetch-Site: same-origin`): the
    original application's page opens conversations so. A link from elsewhere, or a client without the header, reads.
    """
    opens = before is None and request.headers.get("sec-fetch-site") == "same-origin"

    def read(sql: Statements) -> Page:
        page = read_page(sql, session, conversation_id, limit, before)
        if opens:
            open_conversation(sql, session, conversation_id)
        return page

    page = read(database)
    found = newest_within(PAGE_CHARACTERS, page.messages)
    if found and found[0].seq > 1:
        older = pages.address(request, f"/conversation/{conversation_id}?limit={limit}&before={found[0].seq}")
        response.headers["Link"] = f'<{older}>; rel="next"'
    return message_views(found, session.now)


@router.patch("/conversation/{conversation_id}")
def change_conversation(
    conversation_id: int, wanted: ConversationChange, session: CurrentSession, database: Db
) -> dict[str, Any]:
    """Rename or pin; the conversation as it is then."""
    changed = database.transaction(lambda sql: change(sql, session, conversation_id, wanted))
    return conversation_view(changed, session.now)


@router.delete("/conversation/{conversation_id}")
def delete_conversation(conversation_id: int, session: CurrentSession, database: Db) -> dict[str, str]:
    """Gone for good, with every message."""
    database.transaction(lambda sql: delete(sql, session, conversation_id))
    return {"message": texts.CONVERSATION_DELETED}


@router.get("/conversation/{conversation_id}/export", responses={200: {"content": {"text/markdown": {}}}})
def export_conversation(
    conversation_id: int,
    session: CurrentSession,
    database: Db,
    request: Request,
    format: Format = Format.MARKDOWN,  # noqa: A002
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The conversation as a file, Markdown or JSON, from the message after number `after` on.

    One that is too long for an answer ends with the address of its next part, which is behind the Link header too.
    """
    part = read_part(database, get_conversation(database, session, conversation_id), after_seq=after)
    media_type, render = EXPORTS[format]
    name = quote(file_name(part.conversation, format, after))
    headers = {"Content-Disposition": f"attachment; filename=\"conversa.{format.value}\"; filename*=UTF-8''{name}"}
    next_part = None
    if part.next_after is not None:
        path = f"/conversation/{conversation_id}/export?format={format.value}&after={part.next_after}"
        headers["Link"] = f'<{pages.address(request, path)}>; rel="next"'
        next_part = pages.absolute(request, path)
    return Response(render(part, next_part), media_type=media_type, headers=headers)


@router.post("/reset_chat")
def reset_chat(session: CurrentSession, database: Db) -> dict[str, str]:
    """The next message starts a new conversation."""
    sessions.update_active_conversation(database, session.id, None)
    return {"message": texts.CHAT_RESET}
