"""Pages of accounts."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db, MaybeSession
from falaai_auth.profile import get_user
from falaai_auth.profile_routes import list_sessions

router = APIRouter(default_response_class=HTMLResponse, responses=pages.DOCUMENTED_REDIRECT)


@router.get("/")
def landing(request: Request, session: MaybeSession) -> Response:
    return pages.redirect(request, "/chat") if session else pages.page(request, "landing.html")


@router.get("/login")
def login_page(request: Request, session: MaybeSession) -> Response:
    return pages.redirect(request, "/chat") if session else pages.page(request, "login.html")


@router.get("/cadastro")
@router.get("/register")
def sign_up_page(request: Request) -> Response:
    return pages.page(request, "cadastro.html")


@router.get("/sucesso")
def registered_page(request: Request) -> Response:
    return pages.page(request, "sucesso.html")


@router.get("/verificacao")
def verification_page(request: Request) -> Response:
    return pages.page(request, "verificacao.html", {"notice": ""})


@router.get("/verificado")
def verified_page(request: Request) -> Response:
    return pages.page(request, "verificado.html")


@router.get("/termos")
def terms_page(request: Request) -> Response:
    return pages.page(request, "termos.html")


@router.get("/profile")
def profile_page(request: Request, session: CurrentSession, database: Db) -> Response:
    values = {"user": get_user(database, session), "devices": list_sessions(session, database)}
    return pages.page(request, "profile.html", values)
