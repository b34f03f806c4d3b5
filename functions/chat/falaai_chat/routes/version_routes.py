"""The route that switches between versions."""

from typing import Any

from fastapi import APIRouter, Request, Response

from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.conversation_changes import newest_within
from falaai_chat.routes.conversation_routes import PAGE_CHARACTERS
from falaai_chat.schemas import VersionInput
from falaai_chat.versions import switch_version
from falaai_chat.views import message_views

router = APIRouter()

PAGE_MESSAGES = 100


@router.post("/chat/messages/{message_id}/version")
def show_version(
    message_id: int, wanted: VersionInput, session: CurrentSession, database: Db, request: Request, response: Response
) -> list[dict[str, Any]]:
    """Show version `versao` in the place of this message, with everything that followed it.

    Without `versao`, show this message of a hidden version. Return the newest messages, as GET /conversation/{id}
    does, with a Link header to older ones.
    """
    page = database.transaction(lambda sql: switch_version(sql, session, message_id, wanted.versao, PAGE_MESSAGES))
    found = newest_within(PAGE_CHARACTERS, page.messages)
    if found and found[0].seq > 1:
        path = f"/conversation/{page.conversation.id}?limit={PAGE_MESSAGES}&before={found[0].seq}"
        response.headers["Link"] = f'<{pages.address(request, path)}>; rel="next"'
    return message_views(found, session.now)
