"""Named limits, counted in one table, so that they apply across all Lambda processes.

A window opens at the first hit and closes after its seconds. Until then, hits beyond the limit are refused.
docs/security.md explains each limit.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from falaai import settings
from falaai.database import Database, Statements
from falaai.errors import DatabaseUnavailable, TooManyRequests, Unavailable
from falaai.repositories import limits


@dataclass(frozen=True)
class Limit:
    """At most `hits` in `seconds`, counted separately for each subject."""

    name: str
    hits: int
    seconds: int

    def of(self, *subject: object) -> "Counter":
        """Return the counter of a subject, such as an email address, or an email address with an IP address."""
        return Counter(self, _key(self.name, *subject))


@dataclass(frozen=True)
class Counter:
    """One limit for one subject. `key` is an HMAC: a stolen table cannot be searched for addresses."""

    limit: Limit
    key: str


def _key(*parts: object) -> str:
    secret = settings.read(settings.SessionSettings).session_secret_key.get_secret_value()
    text = "\0".join(str(part) for part in parts)
    return hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60

# A person who guesses passwords from one IP address reaches the limit of the pair of account and address first, which
# locks out that address only. So the limit of the account alone must be higher than the hits that one pair can get in
# an hour.
WRONG_PASSWORD_BY_ADDRESS = Limit("wrong-password-address", 20, 5 * MINUTE)
WRONG_PASSWORD_BY_PAIR = Limit("wrong-password-pair", 5, 5 * MINUTE)
WRONG_PASSWORD_BY_ACCOUNT = Limit("wrong-password-account", 100, HOUR)
WRONG_PASSWORD_IN_SESSION = Limit("wrong-password-session", 5, 5 * MINUTE)
WRONG_PASSWORD_AT_LINK = Limit("wrong-password-link", 5, 5 * MINUTE)

SIGN_UP_BY_ADDRESS = Limit("sign-up-address", 20, HOUR)
EMAIL_REQUESTS_BY_ADDRESS = Limit("email-requests-address", 20, HOUR)
NEW_EMAILS_BY_PERSON = Limit("new-emails-person", 5, DAY)
EXPORTS_A_DAY = Limit("exports-a-day", 5, DAY)
PICTURES_AN_HOUR = Limit("pictures-an-hour", 20, HOUR)
# The daily megabytes limit large files; these limit many small ones.
UPLOADS_AN_HOUR = Limit("uploads-an-hour", 120, HOUR)
CHECKS_AN_HOUR = Limit("checks-an-hour", 240, HOUR)

# Requests of pages that leave a temporary conversation before they know its id. Each may add a row.
CLOSINGS_AN_HOUR = Limit("closings-an-hour", 120, HOUR)
# Marks the question of a page that was left before the question arrived: it must not begin a conversation any more.
# An hour is longer than any request is on its way.
LEFT_QUESTION = Limit("left-question", 1, HOUR)

# Requests of one user that at this moment wait for the reply of another request. Each new request restarts the
# window, which is longer than a request can take (stream_seconds). When the window ends, requests of killed processes
# no longer count.
FOLLOWERS_AT_ONCE = Limit("followers", 2, 15 * MINUTE)


@dataclass(frozen=True)
class EmailLimits:
    """Limits of one kind of email: for email and IP address together, and for the email address."""

    pause: Limit
    by_pair: Limit
    by_email: Limit

    def of(self, email: str, address: str) -> "list[Counter]":
        """Return the counters of a request from the IP address `address`."""
        return [self.pause.of(email, address), self.by_pair.of(email, address), self.by_email.of(email)]


CONFIRMATION_EMAILS = EmailLimits(
    Limit("confirmation-pause", 1, 2 * MINUTE),
    Limit("confirmation-pair", 5, DAY),
    Limit("confirmation-email", 12, 3 * HOUR),
)
# Counted separately, so that confirmation emails requested by a stranger never prevent a reset.
RESET_EMAILS = EmailLimits(
    Limit("reset-pause", 1, 2 * MINUTE),
    Limit("reset-pair", 5, DAY),
    Limit("reset-email", 12, 3 * HOUR),
)
# Counted separately, so that an invited person in the same house need not wait before registering.
INVITATION_EMAILS = EmailLimits(
    Limit("invitation-pause", 1, 2 * MINUTE),
    Limit("invitation-pair", 5, DAY),
    Limit("invitation-email", 12, 3 * HOUR),
)


def take(database: Database, limit: Limit, *subject: object) -> None:
    """Count one hit. Raises TooManyRequests if the limit is reached."""
    take_all(database, limit.of(*subject))


def take_all(database: Database, *counters: Counter) -> None:
    """Count one hit at each counter, in this order, until one is over its limit. Raises TooManyRequests.

    Strict counters come first: a request that they refuse does not count for the loose ones, which other users share.
    """
    for counter in counters:
        count = limits.add_hit(database, counter.key, counter.limit.seconds)
        if count > counter.limit.hits:
            raise TooManyRequests(max(1, limits.find_seconds_left(database, counter.key) or 1))


@contextmanager
def counted(database: Database, *counters: Counter) -> Iterator[None]:
    """Count one hit at each counter, and take it back if a dependency fails in the block. Raises TooManyRequests."""
    take_all(database, *counters)
    try:
        yield
    except Unavailable:
        with suppress(DatabaseUnavailable):  # raise the first failure, not this one
            give_back_all(database, *counters)
        raise


def acquire(sql: Statements, limit: Limit, *subject: object) -> bool:
    """Count one more of `limit.hits` parallel users of a resource. Returns False if the limit is reached.

    The caller must hold a lock for the subject, because this reads the count and then writes it.
    """
    key = limit.of(*subject).key
    found = limits.find_count(sql, key)
    count = found.count if found else 0
    if count >= limit.hits:
        return False
    limits.update_count(sql, key, count + 1, limit.seconds)
    return True


def release(sql: Statements, limit: Limit, *subject: object) -> None:
    """Undo one `acquire`. The caller must hold the same lock."""
    limits.delete_hits(sql, [limit.of(*subject).key])


def mark(sql: Statements, limit: Limit, *subject: object) -> None:
    """Mark the subject for the seconds of the limit. The caller must hold a lock for the subject."""
    counter = limit.of(*subject)
    limits.add_hit(sql, counter.key, limit.seconds)


def is_marked(sql: Statements, limit: Limit, *subject: object) -> bool:
    """Return whether the subject was marked, by a transaction that held the same lock."""
    return limits.has_open_window(sql, limit.of(*subject).key)


def give_back(database: Database, limit: Limit, *subject: object) -> None:
    """Take one hit back, because the request was legitimate."""
    give_back_all(database, limit.of(*subject))


def give_back_all(database: Database, *counters: Counter) -> None:
    """Take one hit back at each counter."""
    limits.delete_hits(database, [counter.key for counter in counters])
