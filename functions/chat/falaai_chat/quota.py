"""How many messages a day reach Gemini, for each person and for the whole deployment.

Days are Sao Paulo's, told from the database's clock. Counting is part of the transaction that stores the question:
a question that is refused is not stored, and one that is not stored is not counted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import CeilingReached, QuotaReached
from falaai.repositories import usage


@cache
def _sao_paulo() -> ZoneInfo:
    return ZoneInfo("America/Sao_Paulo")


def day_of(utc: datetime) -> date:
    """The day it is in Sao Paulo; `utc` without a zone, as the database gives it."""
    return utc.replace(tzinfo=UTC).astimezone(_sao_paulo()).date()


def next_midnight(utc: datetime) -> datetime:
    """When that day ends, with its zone."""
    return datetime.combine(day_of(utc) + timedelta(days=1), time(), _sao_paulo())


@dataclass(frozen=True)
class Quota:
    """Messages a day."""

    person: int
    everybody: int

    def take(self, sql: Statements, user_id: int, now: datetime) -> None:
        """Count one message. Raises QuotaReached or CeilingReached, and the caller's transaction takes it back."""
        mine, all_together = usage.add_message(sql, user_id, day_of(now))
        if mine <= self.person and all_together <= self.everybody:
            return
        if mine <= self.person:
            metrics.count("DailyCeilingReached")
        midnight = next_midnight(now)
        kind = QuotaReached if mine > self.person else CeilingReached
        seconds = int((midnight - now.replace(tzinfo=UTC)).total_seconds()) + 1
        raise kind(seconds).about(resets_at=midnight.isoformat())


def quota() -> Quota:
    """From the settings."""
    limits = settings.read(settings.ReplySettings)
    return Quota(limits.daily_messages, limits.daily_ceiling)
