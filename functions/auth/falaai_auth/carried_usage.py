"""Carry today's counts of a deleted account over to the next account with the same email address.

Otherwise a user could delete the account and register again to get a second daily quota.
"""

from falaai.database import Statements
from falaai.modes import SEARCH, Counted, Mode
from falaai.rate_limits import DAY, Limit
from falaai.repositories import limits, usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of

# Not used as limits: they only supply the keys and the lifetime of the stored counts.
_MESSAGES: dict[Counted, Limit] = {
    Mode.FAST: Limit("carried-messages", 0, DAY),
    Mode.THINK: Limit("carried-thinking", 0, DAY),
    SEARCH: Limit("carried-searches", 0, DAY),
}
# Uploads are carried in whole mebibytes, rounded up: a count is an INT.
_UPLOADS = Limit("carried-uploads", 0, DAY)
_MEBIBYTE = 1024 * 1024


def keep_usage(sql: Statements, session: Session) -> None:
    """Store how much the user sent today, for one day. The address is stored as an HMAC."""
    today = day_of(session.now)
    counts = {_MESSAGES[kind]: used for kind, used in usage.count_messages(sql, session.user_id, today).items()}
    counts[_UPLOADS] = -(-usage.count_uploaded(sql, session.user_id, today) // _MEBIBYTE)
    for limit, used in counts.items():
        if used:
            limits.update_count(sql, limit.of(session.user_email).key, used, DAY)


def find_usage(sql: Statements, email: str) -> dict[Limit, limits.Count]:
    """Find the counts of today that deleted accounts with this address have left."""
    found = {limit: limits.find_count(sql, limit.of(email).key) for limit in (*_MESSAGES.values(), _UPLOADS)}
    return {limit: one for limit, one in found.items() if one and day_of(one.began_at) == day_of(one.now)}


def carry_over(sql: Statements, user_id: int, used: dict[Limit, limits.Count]) -> None:
    """Count the messages and uploads of the deleted account in today's counter of the new account."""
    counts = {limit: one.count for limit, one in used.items()}
    messages, thinking, searches = (counts.get(_MESSAGES[kind], 0) for kind in (Mode.FAST, Mode.THINK, SEARCH))
    today = day_of(next(iter(used.values())).now)
    usage.add_day(sql, user_id, today, messages, thinking, counts.get(_UPLOADS, 0) * _MEBIBYTE, searches)
