"""Forgotten passwords: pages and JSON."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.queues import Queues, queues
from falaai.web import pages, texts
from falaai.web.current_user import Db, client_address
from falaai.web.dependencies import made_by
from falaai.web.form_routes import FormRoute, form_page
from falaai_auth import password_reset
from falaai_auth.schemas import ForgottenPassword, PasswordReset

router = APIRouter(route_class=FormRoute, responses=pages.DOCUMENTED_REDIRECT)

Sender = Annotated[Queues, made_by(queues)]


@router.get("/esqueci-senha", response_class=HTMLResponse)
def forgotten_page(request: Request) -> Response:
    return pages.page(request, "esqueci_senha.html")


@router.post("/password/forgot", dependencies=[form_page("esqueci_senha.html")])
def forgot(form: ForgottenPassword, request: Request, database: Db, sender: Sender) -> dict[str, str]:
    """Always the same 200 {message, redirect_url}, whoever the address belongs to."""
    password_reset.ask_for_reset(database, sender, form.email, client_address(request))
    return {"message": texts.RESET_ON_ITS_WAY, "redirect_url": pages.address(request, "/esqueci-senha/enviado")}


@router.get("/esqueci-senha/enviado", response_class=HTMLResponse)
def asked_page(request: Request) -> Response:
    return pages.page(request, "senha_enviada.html", {"notice": texts.RESET_ON_ITS_WAY})


@router.get("/redefinir-senha/{token}", response_class=HTMLResponse)
def reset_page(token: str, request: Request, database: Db) -> Response:
    """The form for a new password; 410 with a way on for a link that no longer works."""
    if not password_reset.is_usable(database, token):
        return pages.page(request, "esqueci_senha.html", {"sentence": texts.ERRORS["link_not_valid"]}, 410)
    return pages.page(request, "redefinir_senha.html", {"form": {"token": token}})


@router.post("/password/reset", dependencies=[form_page("redefinir_senha.html")])
def reset(form: PasswordReset, request: Request, database: Db, sender: Sender) -> dict[str, str]:
    """200 {message, redirect_url}; 410 for a link that no longer works. Every session of the account ends."""
    password_reset.reset(database, sender, form.token, form.senha)
    return {"message": texts.PASSWORD_RESET, "redirect_url": pages.address(request, "/login")}
