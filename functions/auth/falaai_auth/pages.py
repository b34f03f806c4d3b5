"""Pages of accounts."""

from fastapi import APIRouter, Request, Response

from falaai.database import Statements
from falaai.errors import NotSignedIn
from falaai.repositories import users
from falaai.repositories.users import User
from falaai.web import pages
from falaai.web.current_user import CurrentSession, Db, MaybeSession

router = APIRouter()


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
    def get_user(sql: Statements) -> User:
        user = users.find_user(sql, session.user_id)
        if user is None:
            raise NotSignedIn("the account is gone")
        return user

    return pages.page(request, "profile.html", {"user": database.autocommit(get_user)})
