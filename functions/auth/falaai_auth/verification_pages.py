"""The pages behind the link of a verification letter. GET and HEAD change nothing; the button's POST does."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.errors import LinkNotValid
from falaai.web import pages, texts
from falaai.web.current_user import Db
from falaai_auth import verification

router = APIRouter(default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


@router.head("/verify_link/{token}")
@router.get("/verify_link/{token}")
def verification_link(token: str, request: Request, database: Db) -> Response:
    if not verification.is_usable(database, token):
        return _not_valid(request)
    return pages.page(request, "verify_link.html", {"action": pages.address(request, f"/verify_link/{token}")})


@router.post("/verify_link/{token}")
def verify(token: str, request: Request, database: Db) -> Response:
    try:
        verification.verify(database, token)
    except LinkNotValid:
        return _not_valid(request)
    return pages.redirect(request, "/verificado")


def _not_valid(request: Request) -> Response:
    """410 with a way on: the form for another letter."""
    return pages.page(request, "verificacao.html", {"sentence": texts.ERRORS["link_not_valid"]}, 410)
