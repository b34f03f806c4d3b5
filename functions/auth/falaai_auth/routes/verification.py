"""Pages behind the link of a verification email.

GET and HEAD change nothing, because email scanners fetch every link. Only the POST of the form uses the link.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.errors import LinkNotValid
from falaai.secret_tokens import Purpose
from falaai.web import pages, texts
from falaai.web.current_user import Db, set_session_cookie
from falaai.web.forms import FormRoute
from falaai_auth import verification
from falaai_auth.dependencies import CallingBrowser, form_page
from falaai_auth.registration_proof import clear_proof, read_proof
from falaai_auth.schemas import Confirmation

router = APIRouter(route_class=FormRoute, default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


@router.head("/verify_link/{token}")
@router.get("/verify_link/{token}")
def verification_link(token: str, request: Request, database: Db) -> Response:
    """Show the form that uses the link. An invalid link gives 410 and the form that requests another email."""
    link = verification.find_link(database, token, read_proof(request))
    if link is None:
        return _not_valid(request)
    template = "verify_link.html" if link.purpose is Purpose.VERIFY else "new_email_link.html"
    return pages.page(request, template, {"is_known_browser": not link.needs_password})


@router.post("/verify_link/{token}", dependencies=[form_page("verify_link.html")])
def verify(
    token: str, request: Request, database: Db, browser: CallingBrowser, form: Confirmation | None = None
) -> Response:
    """Use the link.

    The link of a registration needs its password in `senha`; in the browser that registered, its cookie is enough.
    The right one gives 303 to /chat with the session cookie; a wrong one gives 422 and leaves the link valid. The
    link of a changed address needs no password and gives 303 to /verificado. An invalid link gives 410.
    """
    try:
        signed_in = verification.verify(database, token, form.senha if form else "", browser, read_proof(request))
    except LinkNotValid:
        return _not_valid(request)
    if signed_in is None:
        return pages.redirect(request, "/verificado")
    response = pages.redirect(request, "/chat")
    set_session_cookie(response, signed_in.token)
    clear_proof(response)
    return response


def _not_valid(request: Request) -> Response:
    """Return 410 with the form that requests another email."""
    return pages.page(request, "verificacao.html", {"sentence": texts.ERRORS["link_not_valid"]}, 410)
