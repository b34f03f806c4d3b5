"""256-bit tokens of links and cookies. Only their hashes are stored."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum

_BYTES = 32


class Purpose(StrEnum):
    """The purpose of a link, as stored in the database."""

    VERIFY = "verificar"
    PASSWORD = "senha"  # noqa: S105 - a purpose, not a password
    EMAIL = "email"


LIFETIMES = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.PASSWORD: timedelta(hours=1),
    Purpose.EMAIL: timedelta(hours=24),
}


def new_token() -> str:
    """Return a random token of 43 URL-safe characters."""
    return secrets.token_urlsafe(_BYTES)


def link_key(token: str) -> str:
    """Return the stored key of a link's token: 64 hexadecimal digits, equal to SHA2(token, 256) in SQL.

    The hash has no secret key, so that SQL can migrate links of the original FalaAI. A random token of 256 bits needs
    none.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def session_key(token: str, secret: str) -> str:
    """Return the stored key of a session token: an HMAC, so that a stolen table is useless without the secret."""
    return hmac.new(secret.encode(), token.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
