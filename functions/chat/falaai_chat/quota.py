"""How many messages a day reach Gemini, for each person and for the whole deployment.

Days are Sao Paulo's, told from the database's clock. Counting is part of the transaction that stores the question:
a question that is refused is not stored, and one that is not stored is not counted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import CeilingReached, QuotaReached
from falaai.repositories import usage
from falaai.sao_paulo import day_of, zone


def next_midnight(utc: datetime) -> datetime:
    """When São Paulo's day ends, with its zone."""
    return datetime.combine(day_of(utc) + timedelta(days=1), time(), zone())


@dataclass(frozen=True)
class Quota:
    """Messages a day."""

    person: int
    everybody: int

    def take(self, sql: Statements, user_id: int, now: datetime) -> int:
        """Count one message; how many the person has left today.

        Raises QuotaReached or CeilingReached, and the caller's transaction takes the count back.
        """
        mine, all_together = usage.add_message(sql, user_id, day_of(now))
        if mine <= self.person and all_together <= self.everybody:
            return self.person - mine
        if mine <= self.person:
            metrics.count("DailyCeilingReached")
        midnight = next_midnight(now)
        kind = QuotaReached if mine > self.person else CeilingReached
        seconds = int((midnight - now.replace(tzinfo=UTC)).total_seconds()) + 1
        raise kind(seconds).about(resets_at=midnight.isoformat(), limite=self.person)

    def left(self, sql: Statements, user_id: int, now: datetime) -> int:
        """How many messages the person has left today."""
        return max(0, self.person - usage.count_messages(sql, user_id, day_of(now)))


def quota() -> Quota:
    """From the settings."""
    limits = settings.read(settings.ReplySettings)
    return Quota(limits.daily_messages, limits.daily_ceiling)
