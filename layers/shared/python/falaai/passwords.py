"""Argon2id hashes of passwords, with argon2-cffi's defaults (64 MiB, t=3, p=4; RFC 9106's second choice)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS = 8
MAX_CHARACTERS = 128

# Verified in place of an account that does not exist, so that login costs the same either way. It must have the
# parameters of a fresh hash; no password is known for it.
DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2VtIGNvbnRhIGFxdWkuLg$OXkmxFcTm6zYkSRdqG4cVDOKzr6e0ca6OuNbV4+3oKE"


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def hash_password(password: str) -> str:
    """The encoded hash to store, salt and parameters included."""
    return _hasher().hash(password)


def is_right_password(password: str, stored: str | None) -> bool:
    """Whether `password` made `stored`. Always costs one hash, also for no account (None) or a broken hash."""
    known = stored if stored and stored.isascii() else None
    try:
        return _hasher().verify(known or DUMMY_HASH, password) and known is not None
    except VerificationError:
        return False
    except InvalidHashError:
        return is_right_password(password, None)


def is_outdated(stored: str) -> bool:
    """Whether a right password should be hashed again with today's parameters."""
    return _hasher().check_needs_rehash(stored)


def is_common(password: str) -> bool:
    """Whether the password stands in zxcvbn's list of the most used ones, or is a Brazilian classic."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # a big list, needed only when a password is chosen

    folded = password.casefold()
    return folded in _BRAZILIAN or folded in _common(tuple(FREQUENCY_LISTS["passwords"]))


@cache
def _common(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


_BRAZILIAN = frozenset(
    [
        "senha123",
        "senha1234",
        "senha12345",
        "minhasenha",
        "brasil123",
        "brasil2026",
        "flamengo1",
        "flamengo10",
        "corinthians",
        "corinthians1",
        "palmeiras1",
        "saopaulo1",
        "vascodagama",
        "gremio123",
        "mudar123",
        "mudar@123",
        "teste123",
        "teste1234",
        "jesus123",
        "jesuscristo",
        "deusefiel",
        "deuséfiel",
        "familia1",
        "euteamo1",
        "teamomuito",
        "parabens1",
        "qwerty123",
        "abcd1234",
        "abc12345",
        "admin123",
        "102030405060",
    ]
)
