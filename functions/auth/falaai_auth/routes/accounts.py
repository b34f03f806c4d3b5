"""JSON routes of accounts: take the form, ask the rule, answer."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from falaai.passwords import is_common
from falaai.queues import Queues, queues
from falaai.web import pages, texts
from falaai.web.current_user import Db, clear_session_cookie, client_address, cookie_name, set_session_cookie
from falaai.web.dependencies import made_by
from falaai.web.form_routes import FormRoute, form_page
from falaai_auth import registration, sign_in, verification
from falaai_auth.browsers import CallingBrowser
from falaai_auth.schemas import Credentials, Email, PasswordCheck, Registration

router = APIRouter(route_class=FormRoute, responses=pages.DOCUMENTED_REDIRECT)
emails = APIRouter()

Sender = Annotated[Queues, made_by(queues)]


@router.post("/register", status_code=201, dependencies=[form_page("cadastro.html")])
def register(form: Registration, request: Request, database: Db, sender: Sender) -> dict[str, str]:
    """201 {message, redirect_url}, whether or not the e-mail already had an account."""
    registration.register(database, sender, form, client_address(request))
    return {"message": texts.REGISTERED, "redirect_url": pages.address(request, "/sucesso")}


@router.post("/password/check")
def check_password(password: PasswordCheck) -> dict[str, bool]:
    """{comum}: whether a password being thought up is among the most used. Nothing is kept of it."""
    return {"comum": is_common(password.senha)}


@router.post("/login", dependencies=[form_page("login.html")])
def login(
    form: Credentials, request: Request, response: Response, database: Db, browser: CallingBrowser
) -> dict[str, str | int]:
    """200 {message, user_id, redirect_url} and the session cookie. 401 `wrong_credentials` for a wrong password, an
    unknown email and an unconfirmed one alike."""
    signed_in = sign_in.sign_in(database, form, browser)
    set_session_cookie(response, signed_in.token)
    return {
        "message": texts.SIGNED_IN,
        "user_id": signed_in.user_id,
        "redirect_url": pages.address(request, form.destino),
    }


@router.post("/logout")
def logout(request: Request, response: Response, database: Db) -> dict[str, str]:
    """200 {message, redirect_url}; signing out twice is no mistake."""
    if token := request.cookies.get(cookie_name()):
        sign_in.sign_out(database, token)
    clear_session_cookie(response)
    return {"message": texts.SIGNED_OUT, "redirect_url": pages.address(request, "/login")}


@emails.post(
    "/resend_verification_code",
    responses={200: {"content": {"text/html": {}}}},
    dependencies=[form_page("verificacao.html")],
)
def resend_verification_code(
    email: Annotated[Email, Form()], request: Request, database: Db, sender: Sender
) -> Response:
    """Always the same 200, whoever the address belongs to."""
    verification.resend(database, sender, email, client_address(request))
    if pages.wants_page(request):
        return pages.page(request, "verificacao.html", {"notice": texts.EMAIL_ON_ITS_WAY})
    return JSONResponse({"message": texts.EMAIL_ON_ITS_WAY})
