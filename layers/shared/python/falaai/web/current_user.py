"""The session cookie, and the dependencies by which a route gets or requires the signed-in user."""

import ipaddress
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request, Response

from falaai import settings
from falaai.database import Database, database
from falaai.errors import DatabaseUnavailable, NotSignedIn
from falaai.logs import logger
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
    """Return the cookie's name.

    A browser accepts the prefix __Host- only with Secure, Path=/ and no Domain, so a subdomain cannot set the cookie.
    """
    return "__Host-falaai" if settings.read(settings.WebSettings).is_https else "falaai"


def stored_key(token: str) -> str:
    """Return the key that the database stores in place of the session token."""
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
    """Delete the session cookie, and drafts and unsent messages in the browser's storage.

    Clear-Site-Data does not name "cookies", which would also delete the theme and cookies of subdomains, nor "cache",
    which never holds private answers. Browsers obey the header on HTTPS only, so the pages' scripts clear the storage
    too.
    """
    response.headers["Clear-Site-Data"] = '"storage"'
    response.delete_cookie(
        cookie_name(),
        path="/",
        secure=settings.read(settings.WebSettings).is_https,
        httponly=True,
        samesite="lax",
    )


def find_current_session(request: Request, database: Db, after: BackgroundTasks) -> Session | None:
    """Find the valid session of the request's cookie.

    It is read from the database at every request, so that a revoked session ends at once. Its use is stored after the
    response, because no user waits for that.
    """
    token = request.cookies.get(cookie_name())
    if not token:
        return None
    session = sessions.find_session(database, stored_key(token))
    if session and session.seconds_since_seen >= SEEN_EVERY_SECONDS:
        after.add_task(_store_use, database, session)
    return session


def _store_use(database: Database, session: Session) -> None:
    """Move the end of the session. The response has been sent, so a failure is only logged."""
    try:
        sessions.update_seen(database, session.id)
    except DatabaseUnavailable as error:
        logger().warning("session use not stored", extra={"reason": str(error)})


MaybeSession = Annotated[Session | None, Depends(find_current_session)]


async def require_session(session: MaybeSession) -> Session:
    if session is None:
        raise NotSignedIn("no valid session")
    return session


CurrentSession = Annotated[Session, Depends(require_session)]


def client_address(request: Request) -> str:
    """Return the caller's IP address as API Gateway reports it, because a caller can forge forwarding headers.

    An IPv6 address is reduced to its /64: one connection has a whole /64, so a limit by address would not hold.
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
