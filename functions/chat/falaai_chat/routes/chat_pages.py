"""The HTML pages of the chat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai import settings
from falaai.database import Statements
from falaai.errors import NotFound
from falaai.modes import SEARCH, Mode
from falaai.repositories import deletions, usage
from falaai.repositories.conversations import TITLE_MAX_CHARACTERS, Conversation
from falaai.repositories.messages import Message
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai.web import pages, texts
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.conversation_changes import newest_within, read_page
from falaai_chat.dependencies import DailyQuotas
from falaai_chat.quota import Quotas
from falaai_chat.schemas import MESSAGE_MAX_CHARACTERS
from falaai_chat.views import conversation_view, message_views, next_page

SIDEBAR_CONVERSATIONS = 30
PAGE_MESSAGES = 50
SUGGESTIONS_SHOWN = 4
# Deletions that the page offers to undo, one after the other.
UNDOABLE_DELETIONS = 20
# Number of messages that the page loads at once when it shows older messages.
OLDER_MESSAGES = 100
# Characters of all messages on a page, about 100 KB of HTML. Long messages make a page with fewer messages.
PAGE_CHARACTERS = 50_000
# Cookie of a collapsed list of conversations (drawer.js).
LIST_COOKIE, COLLAPSED = "lista", "recolhida"

router = APIRouter(default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


@router.get("/chat")
def chat_page(request: Request, session: CurrentSession, database: Db, quotas: DailyQuotas) -> Response:
    """Show the session's active conversation, or an empty page if there is none."""
    values = _values(request, database, session, session.active_conversation_id, quotas)
    return pages.page(request, "chat.html", values)


@router.get("/chat/{conversation_id}")
def conversation_page(
    conversation_id: int, request: Request, session: CurrentSession, database: Db, quotas: DailyQuotas
) -> Response:
    """Show a conversation without making it the active one. An unknown id gives a 404 page with a link back."""
    try:
        values = _values(request, database, session, conversation_id, quotas)
    except NotFound:
        return pages.page(request, "conversa_ausente.html", status=404)
    return pages.page(request, "chat.html", values)


def _values(
    request: Request, sql: Statements, session: Session, conversation_id: int | None, quotas: Quotas
) -> dict[str, Any]:
    conversation, newest = None, list[Message]()
    if conversation_id is None:
        used = usage.count_messages(sql, session.user_id, day_of(session.now))
    else:
        page = read_page(sql, session, conversation_id, PAGE_MESSAGES)
        if page.conversation.is_temporary:  # it ends with the page that began it
            raise NotFound("a temporary conversation has no page of its own")
        conversation, used, newest = page.conversation, page.used_today, newest_within(PAGE_CHARACTERS, page.messages)
    listed, deleted = deletions.list_page(sql, session.user_id, SIDEBAR_CONVERSATIONS + 1, UNDOABLE_DELETIONS)
    shown = listed[:SIDEBAR_CONVERSATIONS]
    return {
        "session": session,
        "conversation": conversation_view(conversation, session.now) if conversation else None,
        "messages": message_views(newest, session.now),
        "conversations": [conversation_view(one, session.now) for one in _with_open(shown, conversation)],
        "more": next_page(shown[-1], SIDEBAR_CONVERSATIONS) if len(listed) > len(shown) else "",
        "left": quotas.fast.left(used[Mode.FAST]),
        "thinking_left": quotas.think.left(used[Mode.THINK]) if quotas.think else None,
        "searches_left": quotas.search.left(used[SEARCH]) if quotas.search else None,
        # None: there is no search.
        "search_default": session.searches if quotas.search else None,
        "search_kept": texts.SEARCH_KEPT,
        "sentences": texts.IN_THE_BROWSER,
        "deleted": [[one.conversation_id, round(1000 * one.seconds_left)] for one in deleted],
        "older": _older_path(newest, conversation_id),
        "suggestions": _suggestions(session.now),
        "message_max": MESSAGE_MAX_CHARACTERS,
        "title_max": TITLE_MAX_CHARACTERS,
        # Rendered here, because a script would collapse the list after the page was first painted.
        "is_collapsed": request.cookies.get(LIST_COOKIE) == COLLAPSED,
        "list_page": SIDEBAR_CONVERSATIONS,
        "retention_days": settings.read(settings.RetentionSettings).retention_days,
        "google_may_use": settings.read(settings.PlanSettings).gemini_plan == "free",
    }


def _with_open(shown: list[Conversation], opened: Conversation | None) -> list[Conversation]:
    """Add the open conversation if it is not among the first ones of the list: its place is after all of them."""
    if opened is None or any(one.id == opened.id for one in shown):
        return shown
    return [*shown, opened]


def _older_path(newest: Sequence[Message], conversation_id: int | None) -> str:
    """Return the path of the messages before the shown ones; empty if there are none."""
    if not newest or newest[0].seq == 1:
        return ""
    return f"/conversation/{conversation_id}?limit={OLDER_MESSAGES}&before={newest[0].seq}"


def _suggestions(now: datetime) -> list[str]:
    """Return four suggestions for an empty conversation, different ones each day."""
    first = now.toordinal() * SUGGESTIONS_SHOWN
    return [texts.SUGGESTIONS[(first + number) % len(texts.SUGGESTIONS)] for number in range(SUGGESTIONS_SHOWN)]
