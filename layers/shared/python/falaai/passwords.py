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


# zxcvbn takes 0.1 s of CPU for so many characters; a guess that begins with them is far beyond any list anyway.
_JUDGED_CHARACTERS = 72
# Score 2 of zxcvbn: at least a million guesses, more than an attacker gets through the limits of signing in.
_LEAST_SCORE = 2


def is_common(password: str) -> bool:
    """Return whether the password is among those that are guessed first.

    zxcvbn judges it: its lists of common passwords, names and words, repeats, sequences, dates and keyboard rows, and
    a list of Portuguese words that Brazilians make passwords of.
    """
    from zxcvbn import zxcvbn  # its lists are large, and needed only when a password is chosen

    judged = zxcvbn(password[:_JUDGED_CHARACTERS], user_inputs=_BRAZILIAN)
    return bool(judged["score"] < _LEAST_SCORE)


_BRAZILIAN = (
    *("senha", "minhasenha", "mudar", "trocar", "teste", "acesso", "entrar", "usuario", "bemvindo", "parabens"),
    *("deus", "deusefiel", "deuséfiel", "jesus", "jesuscristo", "cristo", "senhor", "maria", "fe", "gloria"),
    *("familia", "amor", "meuamor", "amorzinho", "euteamo", "teamo", "teamomuito", "vida", "minhavida", "mae", "pai"),
    *("princesa", "estrela", "gatinha", "gatinho", "lindinha", "bebe", "anjo", "felicidade", "saudade", "paz"),
    *("brasil", "saopaulo", "rio", "bahia", "flamengo", "corinthians", "palmeiras", "vasco", "vascodagama", "santos"),
    *("gremio", "cruzeiro", "botafogo", "fluminense", "internacional", "timao", "mengao", "neymar", "ronaldo"),
    *("joao", "jose", "pedro", "lucas", "gabriel", "mateus", "rafael", "felipe", "gustavo", "bruno", "carlos", "ana"),
    *("julia", "beatriz", "larissa", "camila", "amanda", "leticia", "fernanda", "juliana", "vitoria", "eduarda"),
    *("eusoudeus", "meu", "minha", "falaai", "@123", "102030405060"),
)
