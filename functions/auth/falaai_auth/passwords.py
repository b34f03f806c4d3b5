"""Argon2id hashes of passwords, with argon2-cffi's defaults (64 MiB, t=3, p=4; RFC 9106's second choice)."""

import re
from collections.abc import Collection
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS = 8
MAX_CHARACTERS = 128
# zxcvbn's own measure: below 2, a million guesses are enough.
LEAST_SCORE = 2
# zxcvbn takes time by the square and more: up to 0.15 s of CPU for 24 hostile characters, 2.7 s for 72. What is not
# guessed from the first 24 is not guessed.
JUDGED_CHARACTERS = 24
# Of a name or an address: "da" or "br" is in half of all passwords.
SHORTEST_PART = 3

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


def is_common(password: str, about: Collection[str] = ()) -> bool:
    """Return whether zxcvbn guesses the password within a million tries (a score below 2).

    `about` is what else a guesser would try first: the person's name and email.
    """
    from zxcvbn import zxcvbn  # 30,000 words, needed only when a password is chosen

    known = [*_parts(about), *_BRAZILIAN_WORDS]
    # zxcvbn tries every character of a joint ("senha@123") anew; people who guess do not.
    spellings = {password[:JUDGED_CHARACTERS], re.sub(r"[\W_]+", "", password)[:JUDGED_CHARACTERS]} - {""}
    return any(zxcvbn(spelling, user_inputs=known)["score"] < LEAST_SCORE for spelling in spellings)


def _parts(about: Collection[str]) -> list[str]:
    """Return names and addresses whole, without their gaps, and word by word."""
    parts = [part for one in about for part in (one, *re.split(r"[\W_]+", one), re.sub(r"[\W_]+", "", one))]
    return [part for part in parts if len(part) >= SHORTEST_PART]


# What people in Brazil begin passwords with; the 30,000 words of zxcvbn are of other languages. The likeliest first.
_BRAZILIAN_WORDS = (
    *("senha", "mudar", "brasil", "deus", "jesus", "amor", "familia", "família", "flamengo", "corinthians", "maria"),
    *("palmeiras", "saopaulo", "vasco", "vascodagama", "gremio", "grêmio", "santos", "cruzeiro", "internacional"),
    *("botafogo", "fluminense", "mengao", "timao", "teste", "trocar", "acesso", "admin", "entrar", "usuario"),
    *("minhasenha", "euteamo", "teamo", "teamomuito", "meuamor", "amorzinho", "minhavida", "minhafamilia", "meu"),
    *("minha", "deusefiel", "deuséfiel", "deusebom", "eusoudeus", "jesuscristo", "jesusteama", "cristo", "senhor"),
    *("gloria", "parabens", "felicidade", "saudade", "princesa", "estrela", "gatinha", "gatinho", "lindinha", "bebe"),
    *("anjo", "vida", "paz", "mae", "pai", "bemvindo", "falaai", "rio", "bahia", "neymar", "ronaldo"),
    *("joao", "jose", "pedro", "lucas", "gabriel", "mateus", "rafael", "felipe", "gustavo", "bruno", "carlos", "ana"),
    *("julia", "beatriz", "larissa", "camila", "amanda", "leticia", "fernanda", "juliana", "vitoria", "eduarda"),
    *("abc", "abcd", "102030405060"),
)
