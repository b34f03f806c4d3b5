"""Pages and JSON routes for a forgotten password."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.web import pages, texts
from falaai.web.current_user import Db, client_address
from falaai.web.forms import FormRoute
from falaai_auth import password_reset
from falaai_auth.dependencies import Sender, form_page
from falaai_auth.schemas import ForgottenPassword, PasswordReset

router = APIRouter(route_class=FormRoute, responses=pages.DOCUMENTED_REDIRECT)


@router.get("/esqueci-senha", response_class=HTMLResponse)
def forgotten_page(request: Request) -> Response:
    return pages.page(request, "esqueci_senha.html")


@router.post("/password/forgot", dependencies=[form_page("esqueci_senha.html")])
def forgot(form: ForgottenPassword, request: Request, database: Db, sender: Sender) -> dict[str, str]:
    """Return the same 200 {message, redirect_url} for every address, known or unknown."""
    password_reset.ask_for_reset(database, sender, form.email, client_address(request))
    return {"message": texts.RESET_ON_ITS_WAY, "redirect_url": pages.address(request, "/esqueci-senha/enviado")}


@router.get("/esqueci-senha/enviado", response_class=HTMLResponse)
def asked_page(request: Request) -> Response:
    return pages.page(request, "senha_enviada.html", {"notice": texts.RESET_ON_ITS_WAY})


@router.get("/redefinir-senha/{token}", response_class=HTMLResponse)
def reset_page(token: str, request: Request, database: Db) -> Response:
    """Show the form for a new password. An invalid link gives 410 and the form that requests another link."""
    if not password_reset.is_usable(database, token):
        return pages.page(request, "esqueci_senha.html", {"sentence": texts.ERRORS["link_not_valid"]}, 410)
    return pages.page(request, "redefinir_senha.html", {"form": {"token": token}})


@router.post("/password/reset", dependencies=[form_page("redefinir_senha.html")])
def reset(form: PasswordReset, request: Request, database: Db, sender: Sender) -> dict[str, str]:
    """Set the new password and end every session. Return 200 {message, redirect_url}, or 410 for an invalid link."""
    password_reset.reset(database, sender, form.token, form.senha)
    return {"message": texts.PASSWORD_RESET, "redirect_url": pages.address(request, "/login")}
