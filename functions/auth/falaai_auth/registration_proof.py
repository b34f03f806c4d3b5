"""The proof that a browser has registered an account: a cookie that it gets with the answer to its registration.

The link of the verification email proves the address. The proof shows that the browser that opens the link is the one
that registered, with the password that the account still has: there the link needs no password. It is an HMAC of the
address and the password's hash, so it needs no row, and every registration gets one, whether or not the address is
taken: the hash of a refused registration is stored nowhere.
"""

import hmac

from fastapi import Request, Response

from falaai import settings
from falaai.secret_tokens import LIFETIMES, Purpose, session_key


def make_proof(email: str, password_hash: str) -> str:
    """Return the proof for an account with this address and hash."""
    secret = settings.read(settings.SessionSettings).session_secret_key.get_secret_value()
    return session_key(f"cadastro {email} {password_hash}", secret)


def is_proof(written: str, email: str, password_hash: str) -> bool:
    return bool(written) and hmac.compare_digest(written.encode(), make_proof(email, password_hash).encode())


def _cookie_name() -> str:
    return "__Host-falaai-cadastro" if settings.read(settings.WebSettings).is_https else "falaai-cadastro"


def read_proof(request: Request) -> str:
    """Return the proof that the browser has sent; empty without one."""
    return request.cookies.get(_cookie_name(), "")


def set_proof(response: Response, proof: str) -> None:
    """Give the proof to the browser for as long as a verification link is valid."""
    response.set_cookie(
        _cookie_name(),
        proof,
        max_age=int(LIFETIMES[Purpose.VERIFY].total_seconds()),
        path="/",
        secure=settings.read(settings.WebSettings).is_https,
        httponly=True,
        samesite="lax",
    )


def clear_proof(response: Response) -> None:
    is_https = settings.read(settings.WebSettings).is_https
    response.delete_cookie(_cookie_name(), path="/", secure=is_https, httponly=True, samesite="lax")
