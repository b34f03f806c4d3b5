"""Routes that list, read, change, delete and export conversations."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from falaai.database import Statements
from falaai.repositories import conversations, search, sessions
from falaai.repositories.conversations import Conversation, Cursor
from falaai.repositories.search import Hit
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.conversation_changes import (
    change,
    close,
    close_begun,
    delete,
    get_conversation,
    newest_within,
    open_conversation,
    read_page,
    restore,
    switch_version,
)
from falaai_chat.dependencies import QueuesOfJobs
from falaai_chat.export import EXPORTS, Format, file_name, read_part
from falaai_chat.schemas import BegunConversation, ConversationChange, VersionInput
from falaai_chat.views import conversation_view, decode_cursor, hit_view, message_views, next_page

router = APIRouter()

# Characters of all messages in a response, about 400 KB; Lambda's limit is 6 MB.
PAGE_CHARACTERS = 100_000
# Messages that a switch to another version returns.
SWITCHED_MESSAGES = 100

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
    """List the user's conversations, pinned ones first, then by last use. The Link header leads to the next page.

    `q` keeps conversations with these words in the title, in a message, or in an attachment's name, digest or
    transcript. One request searches a limited number of messages, so a page of results may be empty and still have a
    next page.
    """
    after = decode_cursor(cursor) if cursor else None
    rows, end = _page(database, session.user_id, limit, after, q.strip())
    if end:
        response.headers["Link"] = f'<{pages.address(request, next_page(end, limit, q))}>; rel="next"'
    hits = {hit.conversation_id: hit for hit in _hits(database, session.user_id, q.strip(), rows)}
    return [{**conversation_view(row, session.now), **hit_view(hits.get(row.id), q)} for row in rows]


def _hits(sql: Statements, user_id: int, words: str, found: list[Conversation]) -> list[Hit]:
    return search.list_hits(sql, user_id, words, [one.id for one in found]) if words else []


def _page(
    sql: Statements, user_id: int, limit: int, after: Cursor | None, words: str
) -> tuple[list[Conversation], Conversation | Cursor | None]:
    """Return a page of the list, and the position after which the next page begins, or None."""
    if words:
        return search.list_matching_conversations(sql, user_id, words, limit, after)
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
    after: Annotated[int | None, Query(ge=0)] = None,
) -> list[dict[str, Any]]:
    """List messages, oldest first; fewer than `limit` if they are long. The Link header leads to older ones.

    `after` returns only messages after this seq, for a page that has the earlier ones. Such a request does not change
    the active conversation.

    A request for the newest page from a page of our own origin (`Sec-Fetch-Site: same-origin`) also makes this the
    active conversation, because the original application's page opens conversations this way.
    """
    page = read_page(database, session, conversation_id, limit, before)
    if before is None and after is None and request.headers.get("sec-fetch-site") == "same-origin":
        open_conversation(database, session, page.conversation)
    found = newest_within(PAGE_CHARACTERS, [one for one in page.messages if one.seq > (after or 0)])
    if after is None and found and found[0].seq > 1:
        older = pages.address(request, f"/conversation/{conversation_id}?limit={limit}&before={found[0].seq}")
        response.headers["Link"] = f'<{older}>; rel="next"'
    return message_views(found, session.now)


@router.post("/chat/messages/{message_id}/version")
def show_version(
    message_id: int, wanted: VersionInput, session: CurrentSession, database: Db, request: Request, response: Response
) -> list[dict[str, Any]]:
    """Show version `versao` in the place of this message, with everything that followed it.

    Without `versao`, show this message of a hidden version. Return the newest messages, as GET /conversation/{id}
    does, with a Link header to older ones.
    """
    limit = SWITCHED_MESSAGES
    page = database.transaction(lambda sql: switch_version(sql, session, message_id, wanted.versao, limit))
    found = newest_within(PAGE_CHARACTERS, page.messages)
    if found and found[0].seq > 1:
        path = f"/conversation/{page.conversation.id}?limit={limit}&before={found[0].seq}"
        response.headers["Link"] = f'<{pages.address(request, path)}>; rel="next"'
    return message_views(found, session.now)


@router.patch("/conversation/{conversation_id}")
def change_conversation(
    conversation_id: int, wanted: ConversationChange, session: CurrentSession, database: Db
) -> dict[str, Any]:
    """Rename or pin a conversation. Return the changed conversation."""
    changed = database.transaction(lambda sql: change(sql, session, conversation_id, wanted))
    return conversation_view(changed, session.now)


@router.delete("/conversation/{conversation_id}")
def delete_conversation(
    conversation_id: int, session: CurrentSession, database: Db, queues: QueuesOfJobs
) -> dict[str, str]:
    """Delete a conversation with all its messages. Return 200 {message}. For 10 seconds it can be restored."""
    database.transaction(lambda sql: delete(sql, session, queues, conversation_id))
    return {"message": texts.CONVERSATION_DELETED}


@router.post("/conversation/{conversation_id}/close", status_code=204)
def close_conversation(conversation_id: int, session: CurrentSession, database: Db) -> None:
    """Delete a temporary conversation at once, for the page that leaves it. Any other one is a 404."""
    database.transaction(lambda sql: close(sql, session, conversation_id))


@router.post("/conversation/close", status_code=204)
def close_begun_conversation(begun: BegunConversation, session: CurrentSession, database: Db) -> None:
    """Delete the temporary conversation that a question has begun, for a page that leaves it before it knows its id.

    If the question arrives later, it is a 404 and begins no conversation.
    """
    close_begun(database, session, begun.client_id)


@router.post("/conversation/{conversation_id}/restore")
def restore_conversation(conversation_id: int, session: CurrentSession, database: Db) -> dict[str, Any]:
    """Undo the deletion of a conversation within 10 seconds; after that it is 404. Return the conversation."""
    restored = database.transaction(lambda sql: restore(sql, session, conversation_id))
    return conversation_view(restored, session.now)


@router.get("/conversation/{conversation_id}/export", responses={200: {"content": {"text/markdown": {}}}})
def export_conversation(
    conversation_id: int,
    session: CurrentSession,
    database: Db,
    request: Request,
    format: Format = Format.MARKDOWN,  # noqa: A002
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Return the conversation as a Markdown or JSON file, from the message after the seq `after` on.

    A conversation that is too long for one response is split: each part ends with the address of the next one, which
    is also in the Link header.
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
    """Let the next message start a new conversation. Return 200 {message}."""
    sessions.update_active_conversation(database, session.id, None)
    return {"message": texts.CHAT_RESET}
