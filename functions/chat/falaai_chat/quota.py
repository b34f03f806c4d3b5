"""Limits of messages a day in each mode, for each user and for the whole deployment, and of replies at once.

A day is São Paulo's, by the database's clock. A message is counted in the transaction that stores it: a refused
question is not stored, and a question that is not stored is not counted.

The two modes have counters and limits of their own: a message counts in those of its mode.

The limit of all users together, the ceiling, is divided into shares: a message is counted in one of them.
"""

import secrets
from dataclasses import dataclass

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import (
    CeilingReached,
    InvalidInput,
    ModelBlocked,
    ModelCutShort,
    QuotaReached,
    ThinkingCeilingReached,
    ThinkingQuotaReached,
    TooManyReplies,
)
from falaai.modes import Mode
from falaai.repositories import usage
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of, next_midnight, seconds_until
from falaai.web import texts

# Largest number of replies generated at once for one user, who must not use up the 100 streams of a deployment.
REPLIES_AT_ONCE = 3
# Codes of failures that count even without text, because the model has processed the question.
_ANSWERED = (ModelBlocked.code, ModelCutShort.code)
# Seconds that a client should wait after a refusal because of running replies: a reply takes some seconds.
RETRY_SECONDS = 5


@dataclass(frozen=True)
class Quota:
    """Largest numbers of messages a day in one mode, for one user and for all users, and of replies at once."""

    person: int
    everybody: int
    at_once: int = REPLIES_AT_ONCE
    mode: Mode = Mode.FAST

    def check_running(self, running: int) -> None:
        """Raise TooManyReplies if the user has more replies being generated than allowed.

        `running` includes the new reply and was read while the user's account was locked.
        """
        if running > self.at_once:
            raise TooManyReplies(RETRY_SECONDS).about(limite=self.at_once)

    def check_messages(self, session: Session, used: int) -> None:
        """Raise QuotaReached if the user has sent more messages today than allowed.

        `used` includes the new message; the caller's transaction is rolled back.
        """
        if used > self.person:
            raise self._refusal(ThinkingQuotaReached if self.mode is Mode.THINK else QuotaReached, session)

    def take_from_share(self, sql: Statements, session: Session, share: int) -> None:
        """Count one message of today in a share of the ceiling.

        Raises CeilingReached if the share is full; the caller's transaction is rolled back.
        """
        if usage.add_message(sql, -share, day_of(session.now), self.mode) > self.share_limit(share):
            raise self._refusal(ThinkingCeilingReached if self.mode is Mode.THINK else CeilingReached, session)

    def share_limit(self, share: int) -> int:
        """Return the number of messages a day in one share. The limits of all shares add up to the ceiling."""
        each, rest = divmod(self.everybody, usage.SHARES)
        return each + (1 if share < rest else 0)

    def find_share_with_room(self, sql: Statements, session: Session) -> int | None:
        """Return a share of today's ceiling that is not full, or None.

        Run it outside a transaction, so that it reads committed numbers only.
        """
        counts = usage.list_shares(sql, day_of(session.now), self.mode)
        room = [share for share in range(usage.SHARES) if counts.get(share, 0) < self.share_limit(share)]
        if not room:
            metrics.count("DailyCeilingReached")
            return None
        return secrets.choice(room)

    def _refusal(self, error: type[QuotaReached | CeilingReached], session: Session) -> QuotaReached | CeilingReached:
        midnight = next_midnight(session.now)
        return error(seconds_until(midnight, session.now)).about(resets_at=midnight.isoformat(), limite=self.person)

    def left(self, used: int) -> int:
        """Return the number of messages left today after `used` of them."""
        return max(0, self.person - used)


def is_counted(text: str, code: str) -> bool:
    """Return whether a failed reply counts for its user.

    A reply without text does not count, unless the model refused the question or used all its tokens on it: otherwise
    a user could repeat such a question without a limit. The share of the ceiling keeps its count in every case: the
    model may have cost money, and the end of a reply must not write a row that users share.
    """
    return bool(text) or code in _ANSWERED


@dataclass(frozen=True)
class Quotas:
    """The limits of each mode. `think` is None if the deployment has no such mode."""

    fast: Quota
    think: Quota | None = None

    def of(self, mode: Mode) -> Quota:
        """Return the limits of a mode. Raises InvalidInput if the deployment does not have it."""
        if mode is Mode.FAST:
            return self.fast
        if self.think is None:
            raise InvalidInput("modo", texts.NO_THINKING)
        return self.think


def quotas() -> Quotas:
    """Return the limits of the settings."""
    limits, thinking = settings.read(settings.ReplySettings), settings.read(settings.ThinkingSettings)
    fast = Quota(limits.daily_messages, limits.daily_ceiling)
    if not thinking.gemini_model_think:
        return Quotas(fast)
    return Quotas(fast, Quota(thinking.daily_think_messages, thinking.daily_think_ceiling, mode=Mode.THINK))
