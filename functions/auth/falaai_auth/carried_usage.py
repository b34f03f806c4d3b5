"""The day's messages of a deleted account, counted for the next account at the same address: deleting an account and
registering again gives no second quota."""

from falaai.database import Statements
from falaai.rate_limits import DAY, Limit
from falaai.repositories import limits, usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of

# Not a limit by itself: the counter only has the same key and lifetime.
_CARRIED = Limit("carried-messages", 0, DAY)


def keep_usage(sql: Statements, session: Session) -> None:
    """Remember what this person has used today; the address is kept as an HMAC only, for a day."""
    if used := usage.count_messages(sql, session.user_id, day_of(session.now)):
        limits.update_count(sql, _CARRIED.of(session.user_email).key, used, _CARRIED.seconds)


def find_usage(sql: Statements, email: str) -> limits.Count | None:
    """What deleted accounts at this address have used today."""
    found = limits.find_count(sql, _CARRIED.of(email).key)
    return found if found and day_of(found.began_at) == day_of(found.now) else None


def carry_over(sql: Statements, user_id: int, used: limits.Count) -> None:
    """Let a new account begin its day with what was used."""
    usage.add_used_day(sql, user_id, day_of(used.now), used.count)
