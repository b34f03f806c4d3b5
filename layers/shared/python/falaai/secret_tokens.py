"""256-bit tokens that travel in links and cookies; only a hash of one is ever stored."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum

_BYTES = 32


class Purpose(StrEnum):
    """What a link is for, in the words of the database."""

    VERIFY = "verificar"
    PASSWORD = "senha"  # noqa: S105 - a purpose, not a password
    EMAIL = "email"


LIFETIMES = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.PASSWORD: timedelta(hours=1),
    Purpose.EMAIL: timedelta(hours=24),
}


def new_token() -> str:
    """43 URL-safe characters."""
    return secrets.token_urlsafe(_BYTES)


def link_key(token: str) -> str:
    """The stored key of a link's token: 64 hexadecimal digits, the same as SQL's SHA2(token, 256).

    No secret is mixed in, so that links of the first FalaAI can be migrated by SQL; 256 random bits need none.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def session_key(token: str, secret: str) -> str:
    """The stored key of a cookie's token; a stolen table is worthless without the secret."""
    return hmac.new(secret.encode(), token.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
