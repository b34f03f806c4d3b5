"""Named limits over one table of counters, so that they hold across every Lambda process.

A window opens at the first hit and closes after its seconds; hits beyond the limit are refused until then.
"""

import hashlib
from dataclasses import dataclass

from falaai.database import Database, Statements
from falaai.errors import TooManyRequests
from falaai.repositories import limits


@dataclass(frozen=True)
class Limit:
    """At most `hits` in `seconds`, for each subject by itself."""

    name: str
    hits: int
    seconds: int

    def key(self, subject: str) -> str:
        """The counter's key; hashed, so that the table holds no address."""
        return hashlib.sha256(f"{self.name}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()


WRONG_PASSWORD_BY_ACCOUNT = Limit("wrong-password-account", 5, 5 * 60)
WRONG_PASSWORD_BY_ADDRESS = Limit("wrong-password-address", 20, 5 * 60)
SIGN_UP_BY_ADDRESS = Limit("sign-up-address", 20, 60 * 60)
LETTER_PAUSE = Limit("letter-pause", 1, 2 * 60)
LETTERS_A_DAY = Limit("letters-a-day", 5, 24 * 60 * 60)
PICTURES_AN_HOUR = Limit("pictures-an-hour", 20, 60 * 60)


def take(database: Database, limit: Limit, subject: str) -> None:
    """Count one hit, kept whatever happens next. Raises TooManyRequests once the limit is reached."""
    count, seconds_left = database.transaction(lambda sql: limits.add_hit(sql, limit.key(subject), limit.seconds))
    if count > limit.hits:
        raise TooManyRequests(max(1, seconds_left))


def forget(sql: Statements, email: str) -> None:
    """Delete what was counted for an address whose account goes."""
    for limit in (WRONG_PASSWORD_BY_ACCOUNT, LETTER_PAUSE, LETTERS_A_DAY):
        limits.delete_counter(sql, limit.key(email))


def give_back(database: Database, limit: Limit, subject: str) -> None:
    """Take one hit back: it turned out not to be one."""
    database.transaction(lambda sql: limits.remove_hit(sql, limit.key(subject)))
