"""Routes for registration, password check, sign-in and sign-out."""

from fastapi import APIRouter, Request, Response

from falaai.web import pages, texts
from falaai.web.current_user import (
    CurrentSession,
    Db,
    clear_session_cookie,
    client_address,
    cookie_name,
    set_session_cookie,
)
from falaai.web.forms import FormRoute
from falaai_auth import reauthentication, registration, sign_in
from falaai_auth.dependencies import CallingBrowser, Sender, form_page
from falaai_auth.passwords import is_common
from falaai_auth.registration_proof import set_proof
from falaai_auth.schemas import Credentials, PasswordCheck, PasswordConfirmation, Registration

router = APIRouter(route_class=FormRoute, responses=pages.DOCUMENTED_REDIRECT)


@router.post("/register", status_code=201, dependencies=[form_page("cadastro.html")])
def register(
    form: Registration, request: Request, response: Response, database: Db, sender: Sender
) -> dict[str, str]:
    """Return 201 {message, redirect_url}, whether or not the address already has an account.

    A cookie lets this browser use the link of the verification email without the password.
    """
    set_proof(response, registration.register(database, sender, form, client_address(request)))
    return {"message": texts.REGISTERED, "redirect_url": pages.address(request, "/sucesso")}


@router.post("/password/check")
def check_password(password: PasswordCheck) -> dict[str, bool]:
    """Return {comum}: true if the password is easy to guess. The password is neither stored nor logged."""
    return {"comum": is_common(password.senha)}


@router.post("/password/confirm", dependencies=[form_page("confirmar_senha.html")])
def confirm_password(
    form: PasswordConfirmation, request: Request, session: CurrentSession, database: Db
) -> dict[str, str]:
    """Return 200 {message, redirect_url}. For 10 minutes, this session may then do what operators do.

    A wrong password gives 422.
    """
    reauthentication.confirm_session(database, session, form.senha_atual)
    return {"message": texts.PASSWORD_CONFIRMED, "redirect_url": pages.address(request, form.destino)}


@router.post("/login", dependencies=[form_page("login.html")])
def login(
    form: Credentials, request: Request, response: Response, database: Db, browser: CallingBrowser
) -> dict[str, str | int]:
    """Return 200 {message, user_id, redirect_url} and set the session cookie.

    A wrong password, an unknown address and an unconfirmed address all give the same 401 `wrong_credentials`.
    """
    signed_in = sign_in.sign_in(database, form, browser)
    set_session_cookie(response, signed_in.token)
    return {
        "message": texts.SIGNED_IN,
        "user_id": signed_in.user_id,
        "redirect_url": pages.address(request, form.destino),
    }


@router.post("/logout")
def logout(request: Request, response: Response, database: Db) -> dict[str, str]:
    """Return 200 {message, redirect_url}, also if the session has ended already."""
    if token := request.cookies.get(cookie_name()):
        sign_in.sign_out(database, token)
    clear_session_cookie(response)
    return {"message": texts.SIGNED_OUT, "redirect_url": pages.address(request, "/login")}
