"""Argon2id hashes and strength of passwords.

Hashes use argon2-cffi's defaults: 64 MiB, t=3, p=4, the second recommendation of RFC 9106.
"""

import re
from collections.abc import Collection
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARACTERS = 8
MAX_CHARACTERS = 128
# Lowest accepted score of zxcvbn. With a lower one, a password is guessed within a million tries.
LEAST_SCORE = 2
# zxcvbn's time grows faster than the square of the length: up to 0.15 s of CPU for 24 hostile characters, 2.7 s for
# 72. So only the first 24 characters are judged.
JUDGED_CHARACTERS = 24
# Shorter parts of names and addresses, such as "da" or "br", are ignored: they occur in very many passwords.
SHORTEST_PART = 3

# Checked if the account does not exist, so that sign-in takes the same time. It must have the parameters of a new
# hash. No known password matches it.
DUMMY_HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2VtIGNvbnRhIGFxdWkuLg$OXkmxFcTm6zYkSRdqG4cVDOKzr6e0ca6OuNbV4+3oKE"


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def hash_password(password: str) -> str:
    """Return the hash to store, encoded with its salt and parameters."""
    return _hasher().hash(password)


def is_right_password(password: str, stored: str | None) -> bool:
    """Return whether `password` matches the hash `stored`.

    It always computes one hash, also if `stored` is None (no account) or malformed.
    """
    known = stored if stored and stored.isascii() else None
    try:
        return _hasher().verify(known or DUMMY_HASH, password) and known is not None
    except VerificationError:
        return False
    except InvalidHashError:
        return is_right_password(password, None)


def is_outdated(stored: str) -> bool:
    """Return whether the stored hash has other parameters than a new one, and should be replaced."""
    return _hasher().check_needs_rehash(stored)


def is_common(password: str, about: Collection[str] = ()) -> bool:
    """Return whether zxcvbn guesses the password within a million tries (a score below LEAST_SCORE).

    `about` holds more words to try: the names and email addresses of the user.
    """
    from zxcvbn import zxcvbn  # slow to import: 30,000 words, used only for new passwords

    known = [*_parts(about), *_BRAZILIAN_WORDS]
    # zxcvbn overrates punctuation between words ("senha@123"), so the password is also judged without it.
    spellings = {password[:JUDGED_CHARACTERS], re.sub(r"[\W_]+", "", password)[:JUDGED_CHARACTERS]} - {""}
    return any(zxcvbn(spelling, user_inputs=known)["score"] < LEAST_SCORE for spelling in spellings)


def _parts(about: Collection[str]) -> list[str]:
    """Return each name and address unchanged, without separators, and as separate words."""
    parts = [part for one in about for part in (one, *re.split(r"[\W_]+", one), re.sub(r"[\W_]+", "", one))]
    return [part for part in parts if len(part) >= SHORTEST_PART]


# Common words in Brazilian passwords, the most likely first; zxcvbn's 30,000 words are from other languages.
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
