"""Limits of messages a day, for each person and for the whole deployment, and of replies at once.

A day is São Paulo's, by the database's clock. A message is counted in the transaction that stores it: a refused
question is not stored, and a question that is not stored is not counted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import CeilingReached, QuotaReached, TooManyReplies
from falaai.repositories import usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of, zone


def next_midnight(utc: datetime) -> datetime:
    """Return the end of São Paulo's day, with its zone."""
    return datetime.combine(day_of(utc) + timedelta(days=1), time(), zone())


# Replies of one person that are generated at once: one person must not use up the 100 streams of a deployment.
REPLIES_AT_ONCE = 3
# A reply takes some seconds.
RETRY_SECONDS = 5


@dataclass(frozen=True)
class Quota:
    """Messages a day, and replies at once."""

    person: int
    everybody: int
    at_once: int = REPLIES_AT_ONCE

    def check_running(self, running: int) -> None:
        """Raise TooManyReplies if the person has more replies being generated than allowed.

        `running` includes the new reply and was read while the person's account was locked.
        """
        if running > self.at_once:
            raise TooManyReplies(RETRY_SECONDS).about(limite=self.at_once)

    def take(self, sql: Statements, session: Session) -> int:
        """Count one message of today. Returns the number of messages that the person may still send today.

        Raises QuotaReached or CeilingReached; the caller's transaction is then rolled back.
        """
        day = day_of(session.now)
        count = usage.update_message_counts(sql, session.user_id, day, self.person, self.everybody)
        if count is None:  # the day has no counters yet, or a limit is reached
            usage.add_day(sql, session.user_id, day)
            count = usage.update_message_counts(sql, session.user_id, day, self.person, self.everybody)
        if count is None:
            raise self._refusal(sql, session)
        return self.person - count

    def _refusal(self, sql: Statements, session: Session) -> Exception:
        is_own_limit = usage.count_messages(sql, session.user_id, day_of(session.now)) >= self.person
        if not is_own_limit:
            metrics.count("DailyCeilingReached")
        midnight = next_midnight(session.now)
        seconds = int((midnight - session.now.replace(tzinfo=UTC)).total_seconds()) + 1
        refusal = QuotaReached(seconds) if is_own_limit else CeilingReached(seconds)
        return refusal.about(resets_at=midnight.isoformat(), limite=self.person)

    def left(self, used: int) -> int:
        """Return the number of messages left today after `used` of them."""
        return max(0, self.person - used)


def quota() -> Quota:
    """Return the limits of the settings."""
    limits = settings.read(settings.ReplySettings)
    return Quota(limits.daily_messages, limits.daily_ceiling)
