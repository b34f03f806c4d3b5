"""The chat page."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai import settings
from falaai.database import Statements
from falaai.repositories import conversations, messages
from falaai.repositories.sessions import Session
from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.keeping import open_conversation
from falaai_chat.shapes import message_shape

SIDEBAR_CONVERSATIONS = 50
PAGE_MESSAGES = 50

router = APIRouter(default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


@router.get("/chat")
def chat_page(request: Request, session: CurrentSession, database: Db) -> Response:
    """The session's active conversation, or an empty page for a new one."""
    values = database.autocommit(lambda sql: _values(sql, session, session.active_conversation_id))
    return pages.page(request, "chat.html", values)


@router.get("/chat/{conversation_id}")
def conversation_page(conversation_id: int, request: Request, session: CurrentSession, database: Db) -> Response:
    values = database.autocommit(lambda sql: _values(sql, session, conversation_id))
    return pages.page(request, "chat.html", values)


def _values(sql: Statements, session: Session, conversation_id: int | None) -> dict[str, Any]:
    conversation, newest = None, []
    if conversation_id is not None:
        conversation = open_conversation(sql, session, conversation_id)
        newest = messages.list_messages(sql, conversation_id, PAGE_MESSAGES, None)
    return {
        "session": session,
        "conversation": conversation,
        "messages": [message_shape(message) for message in newest],
        "conversations": conversations.list_conversations(sql, session.user_id, SIDEBAR_CONVERSATIONS),
        "retention_days": settings.read(settings.RetentionSettings).retention_days,
    }
