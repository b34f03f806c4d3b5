"""How many messages a day reach Gemini, for each person and for the whole deployment, and how many at once.

Days are Sao Paulo's, told from the database's clock. Counting is part of the transaction that stores the question:
a question that is refused is not stored, and one that is not stored is not counted.
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
    """When São Paulo's day ends, with its zone."""
    return datetime.combine(day_of(utc) + timedelta(days=1), time(), zone())


class Overtaken(Exception):
    """What was read before has changed by now; to be done again under a lock."""


# Replies of one person that are generated at once. Of 100 streams that the deployment has, one person holds no more.
REPLIES_AT_ONCE = 3
# When to try again; a reply takes some seconds.
RETRY_SECONDS = 5


@dataclass(frozen=True)
class Quota:
    """Messages a day, and replies at once."""

    person: int
    everybody: int
    at_once: int = REPLIES_AT_ONCE

    def check_running(self, running: int) -> None:
        """Raises TooManyReplies for a reply that is one more than a person may have being generated.

        `running` counts the new one too, and was read while the person's account was locked.
        """
        if running > self.at_once:
            raise TooManyReplies(RETRY_SECONDS).about(limite=self.at_once)

    def take(self, sql: Statements, session: Session, conversation_id: int, is_new: bool = False) -> int:
        """Count one message in a conversation, which becomes the session's active one; how many the person has left
        today.

        Raises QuotaReached or CeilingReached, and Overtaken where the session has ended or, while this conversation
        began, has come to another one. The caller's transaction then takes everything back.
        """
        day = day_of(session.now)
        limits = (self.person, self.everybody)
        count = usage.count_message(sql, session, conversation_id, is_new, day, *limits)
        if count is None:  # the day's first, or refused
            usage.add_day(sql, session.user_id, day)
            count = usage.count_message(sql, session, conversation_id, is_new, day, *limits)
        if count is None:
            raise self._refusal(sql, session)
        return self.person - count

    def _refusal(self, sql: Statements, session: Session) -> Exception:
        day = day_of(session.now)
        mine = usage.count_messages(sql, session.user_id, day) >= self.person
        if not mine and usage.count_messages(sql, usage.EVERYBODY, day) < self.everybody:
            return Overtaken()
        if not mine:
            metrics.count("DailyCeilingReached")
        midnight = next_midnight(session.now)
        seconds = int((midnight - session.now.replace(tzinfo=UTC)).total_seconds()) + 1
        refusal = QuotaReached(seconds) if mine else CeilingReached(seconds)
        return refusal.about(resets_at=midnight.isoformat(), limite=self.person)

    def left(self, used: int) -> int:
        """How many messages a person has left today who has sent so many."""
        return max(0, self.person - used)


def quota() -> Quota:
    """From the settings."""
    limits = settings.read(settings.ReplySettings)
    return Quota(limits.daily_messages, limits.daily_ceiling)
