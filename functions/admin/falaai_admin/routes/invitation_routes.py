"""Routes about invitations: pages for browsers, JSON for scripts."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from falaai.repositories import invitations
from falaai.repositories.audit import Cursor
from falaai.web import pages, texts
from falaai.web.current_user import Db, client_address
from falaai.web.dates import in_words
from falaai.web.forms import FormRoute
from falaai_admin.dependencies import (
    OF_OPERATORS,
    AdminSession,
    ConfirmedAdmin,
    Sender,
    is_confirmed,
)
from falaai_admin.invitation_links import invite, revoke
from falaai_admin.schemas import Done, InvitationInput, InvitationMade, InvitationsView
from falaai_admin.views import decode_cursor, invitation_view, page_of

router = APIRouter(
    route_class=FormRoute,
    dependencies=OF_OPERATORS,
    responses=pages.DOCUMENTED_REDIRECT,
)

# Invitations on one page of the list.
PAGE = 50


@router.get("/admin/invitations", response_model=InvitationsView, responses={200: {"content": {"text/html": {}}}})
def list_invitations(
    request: Request, session: AdminSession, database: Db, depois: str = "", feito: str = ""
) -> InvitationsView | Response:
    """Return the invitations of all operators, the newest first: {convites, depois}, or a page. No link is in it."""
    found = invitations.list_invitations(database, PAGE + 1, decode_cursor(depois))
    shown, after = page_of(found, PAGE, lambda one: Cursor(one.created_at, one.id))
    views = [invitation_view(one, session.now) for one in shown]
    if not pages.wants_page(request):
        return InvitationsView(convites=views, depois=after)
    ends = [in_words(one.expires_at, session.now) for one in shown]
    values = {
        "invitations": list(zip(views, ends, strict=True)),
        "after": after,
        "is_confirmed": is_confirmed(session),
        "notice": texts.ACTS.get(feito, ""),
    }
    return pages.page(request, "invitations.html", values)


@router.post(
    "/admin/invitations",
    status_code=201,
    response_model=InvitationMade,
    responses={201: {"content": {"text/html": {}}}},
)
def add_invitation(
    form: InvitationInput, request: Request, session: ConfirmedAdmin, database: Db, sender: Sender
) -> Response:
    """Add an invitation. Return 201 {link}, which is shown this once, or a page.

    With `email`, the link is emailed to that address instead: it has one use, for that address alone.
    """
    token = invite(database, sender, session, form, client_address(request))
    link = pages.absolute(request, f"/convite/{token}") if token else None
    if not pages.wants_page(request):
        return JSONResponse(InvitationMade(link=link).model_dump(), 201)
    return pages.page(request, "invitation.html", {"link": link, "email": form.email}, 201)


@router.post("/admin/invitations/{invitation_id}/revoke")
def revoke_invitation(invitation_id: int, request: Request, session: ConfirmedAdmin, database: Db) -> Done:
    """End an invitation: its link makes no more accounts. Return 200 {message}."""
    revoke(database, session, invitation_id)
    back = pages.address(request, "/admin/invitations?feito=revogar")
    return Done(message=texts.ACTS["revogar"], redirect_url=back)
