"""Carry today's message counts of a deleted account over to the next account with the same email address.

Otherwise a user could delete the account and register again to get a second daily quota.
"""

from falaai.database import Statements
from falaai.modes import Mode
from falaai.rate_limits import DAY, Limit
from falaai.repositories import limits, usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of

# Not used as limits: they only supply the keys and the lifetime of the stored counts.
_CARRIED = {Mode.FAST: Limit("carried-messages", 0, DAY), Mode.THINK: Limit("carried-thinking", 0, DAY)}


def keep_usage(sql: Statements, session: Session) -> None:
    """Store how many messages of each mode the user sent today, for one day. The address is stored as an HMAC."""
    for mode, used in usage.count_messages(sql, session.user_id, day_of(session.now)).items():
        if used:
            limits.update_count(sql, _CARRIED[mode].of(session.user_email).key, used, DAY)


def find_usage(sql: Statements, email: str) -> dict[Mode, limits.Count]:
    """Find the messages of each mode that deleted accounts with this address sent today."""
    found = {mode: limits.find_count(sql, limit.of(email).key) for mode, limit in _CARRIED.items()}
    return {mode: one for mode, one in found.items() if one and day_of(one.began_at) == day_of(one.now)}


def carry_over(sql: Statements, user_id: int, used: dict[Mode, limits.Count]) -> None:
    """Count the messages of the deleted account in today's counter of the new account."""
    counts = {mode: one.count for mode, one in used.items()}
    today = day_of(next(iter(used.values())).now)
    usage.add_day(sql, user_id, today, counts.get(Mode.FAST, 0), counts.get(Mode.THINK, 0))
