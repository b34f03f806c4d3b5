"""Routes of conversations."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from falaai.database import Statements
from falaai.repositories import conversations, messages, sessions
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.reading import open_conversation
from falaai_chat.shapes import conversation_shape, message_shape

router = APIRouter()

Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/conversations")
def list_conversations(session: CurrentSession, database: Db, limit: Limit = 50) -> list[dict[str, Any]]:
    """The person's conversations, pinned first, then by last use."""
    rows = database.autocommit(lambda sql: conversations.list_conversations(sql, session.user_id, limit))
    return [conversation_shape(row) for row in rows]


@router.get("/conversation/{conversation_id}")
def get_conversation(
    conversation_id: int,
    session: CurrentSession,
    database: Db,
    request: Request,
    response: Response,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> list[dict[str, Any]]:
    """A page of messages, oldest first, older ones behind the Link header; it becomes the active conversation."""

    def read(sql: Statements) -> list[messages.Message]:
        open_conversation(sql, session, conversation_id)
        return messages.list_messages(sql, conversation_id, limit, before)

    found = database.autocommit(read)
    if found and found[0].seq > 1:
        older = pages.address(request, f"/conversation/{conversation_id}?limit={limit}&before={found[0].seq}")
        response.headers["Link"] = f'<{older}>; rel="next"'
    return [message_shape(message) for message in found]


@router.post("/reset_chat")
def reset_chat(session: CurrentSession, database: Db) -> dict[str, str]:
    """The next message starts a new conversation."""
    database.autocommit(lambda sql: sessions.change_active_conversation(sql, session.id, None))
    return {"message": texts.CHAT_RESET}
