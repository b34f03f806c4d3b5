"""Carry today's message count of a deleted account over to the next account with the same email address.

Otherwise a user could delete the account and register again to get a second daily quota.
"""

from falaai.database import Statements
from falaai.rate_limits import DAY, Limit
from falaai.repositories import limits, usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of

# Not used as a limit: it only supplies the key and the lifetime of the stored count.
_CARRIED = Limit("carried-messages", 0, DAY)


def keep_usage(sql: Statements, session: Session) -> None:
    """Store the number of messages that the user sent today, for one day. The address is stored as an HMAC only."""
    if used := usage.count_messages(sql, session.user_id, day_of(session.now)):
        limits.update_count(sql, _CARRIED.of(session.user_email).key, used, _CARRIED.seconds)


def find_usage(sql: Statements, email: str) -> limits.Count | None:
    """Find the number of messages that deleted accounts with this address sent today."""
    found = limits.find_count(sql, _CARRIED.of(email).key)
    return found if found and day_of(found.began_at) == day_of(found.now) else None


def carry_over(sql: Statements, user_id: int, used: limits.Count) -> None:
    """Count the messages of the deleted account in today's counter of the new account."""
    usage.add_day(sql, user_id, day_of(used.now), used.count)
