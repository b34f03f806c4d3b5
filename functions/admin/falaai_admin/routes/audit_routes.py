"""The route that lists the acts of operators."""

from fastapi import APIRouter, Request, Response

from falaai.repositories import audit
from falaai.repositories.audit import Cursor
from falaai.web import pages, texts
from falaai.web.current_user import Db
from falaai.web.dates import in_words
from falaai_admin.dependencies import OF_OPERATORS, AdminSession
from falaai_admin.schemas import AuditView
from falaai_admin.views import decode_cursor, entry_view, page_of

router = APIRouter(dependencies=OF_OPERATORS)

# Acts on one page of the audit.
PAGE = 100


@router.get("/admin/audit", response_model=AuditView, responses={200: {"content": {"text/html": {}}}})
def list_acts(request: Request, session: AdminSession, database: Db, depois: str = "") -> AuditView | Response:
    """Return the acts of all operators, the newest first: {atos, depois}, or a page. `depois` continues the list."""
    found = audit.list_entries(database, PAGE + 1, decode_cursor(depois))
    shown, after = page_of(found, PAGE, lambda entry: Cursor(entry.done_at, entry.id))
    if not pages.wants_page(request):
        return AuditView(atos=[entry_view(entry) for entry in shown], depois=after)
    acts = [(entry, texts.ACT_NAMES[entry.act], in_words(entry.done_at, session.now)) for entry in shown]
    return pages.page(request, "audit.html", {"acts": acts, "after": after})
