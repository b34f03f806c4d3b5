"""Who is asking: the session cookie, and the dependencies that a route's signature reads as its permissions."""

import ipaddress
from typing import Annotated

from fastapi import Depends, Request, Response

from falaai import settings
from falaai.database import Database, database
from falaai.errors import NotSignedIn
from falaai.repositories import sessions
from falaai.repositories.sessions import ABSOLUTE_DAYS, SEEN_EVERY_SECONDS, Session
from falaai.secret_tokens import session_key


async def get_database() -> Database:
    """Return the process's database.

    It is `async`: FastAPI runs a plain function in another thread, which costs about half a millisecond.
    """
    return database()


Db = Annotated[Database, Depends(get_database)]


def cookie_name() -> str:
    """Browsers accept __Host- names only with Secure, Path=/ and no Domain: nobody else can plant one."""
    return "__Host-falaai" if settings.read(settings.WebSettings).is_https else "falaai"


def stored_key(token: str) -> str:
    """What stands in the database for this cookie."""
    return session_key(token, settings.read(settings.SessionSettings).session_secret_key.get_secret_value())


def set_session_cookie(response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(),
        token,
        max_age=ABSOLUTE_DAYS * 24 * 60 * 60,
        path="/",
        secure=settings.read(settings.WebSettings).is_https,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response) -> None:
    """End the session in the browser: without its cookie, and without the words that pages kept for the person.

    Not "cookies", which would reach every subdomain of the domain and take the look along; not "cache", since private
    answers are never in it. Browsers heed the header on secure addresses only, so the pages' scripts clear as well.
    """
    response.headers["Clear-Site-Data"] = '"storage"'
    response.delete_cookie(
        cookie_name(),
        path="/",
        secure=settings.read(settings.WebSettings).is_https,
        httponly=True,
        samesite="lax",
    )


def find_current_session(request: Request, database: Db) -> Session | None:
    """The session of the request's cookie, if it lives; asked of the database every time, so revoked is revoked."""
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    session = sessions.find_session(database, stored_key(token))
    if session and session.seconds_since_seen >= SEEN_EVERY_SECONDS:
        seen = session.id
        sessions.update_seen(database, seen)
    return session


MaybeSession = Annotated[Session | None, Depends(find_current_session)]


async def require_session(session: MaybeSession) -> Session:
    if session is None:
        raise NotSignedIn("no living session")
    return session


CurrentSession = Annotated[Session, Depends(require_session)]


def client_address(request: Request) -> str:
    """Return the caller's IP address by API Gateway's own word; forwarding headers are anybody's to write.

    Of an IPv6 address its /64, which is what one connection has: limits by single addresses would hold nothing.
    """
    identity = request.scope.get("aws.event", {}).get("requestContext", {}).get("identity", {})
    written = str(identity.get("sourceIp") or (request.client.host if request.client else ""))
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return written
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(address), 64), strict=False))
    return written
