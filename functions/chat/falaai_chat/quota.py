"""Limits of messages a day in each mode, and of searches, for each user and for all, and of replies at once.

A day is São Paulo's, by the database's clock. A message is counted in the transaction that stores it: a refused
question is not stored, and a question that is not stored is not counted.

The two modes have counters and limits of their own: a message counts in those of its mode. A message that searches
the web counts as a search too: the queries of Gemini are billed.

The limit of all users together, the ceiling, is divided into shares: a message is counted in one of them.
"""

import secrets
from dataclasses import dataclass
from datetime import date

from falaai import metrics, settings
from falaai.database import Statements
from falaai.errors import (
    CeilingReached,
    InvalidInput,
    ModelBlocked,
    ModelCutShort,
    QuotaReached,
    SearchCeilingReached,
    SearchQuotaReached,
    ThinkingCeilingReached,
    ThinkingQuotaReached,
    TooManyReplies,
)
from falaai.modes import SEARCH, Counted, Mode
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
_REFUSALS: dict[Counted, tuple[type[QuotaReached], type[CeilingReached]]] = {
    Mode.FAST: (QuotaReached, CeilingReached),
    Mode.THINK: (ThinkingQuotaReached, ThinkingCeilingReached),
    SEARCH: (SearchQuotaReached, SearchCeilingReached),
}


@dataclass(frozen=True)
class Quota:
    """Largest numbers of messages of one kind a day, for one user and for all users, and of replies at once."""

    person: int
    everybody: int
    at_once: int = REPLIES_AT_ONCE
    kind: Counted = Mode.FAST

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
            raise self._refusal(_REFUSALS[self.kind][0], session)

    def check_share(self, session: Session, share: int, used: int) -> None:
        """Raise CeilingReached if a share of the ceiling has counted more messages today than its part.

        `used` includes the new message; the caller's transaction is rolled back.
        """
        if used > self.share_limit(share):
            raise self._refusal(_REFUSALS[self.kind][1], session)

    def share_limit(self, share: int) -> int:
        """Return the number of messages a day in one share. The limits of all shares add up to the ceiling."""
        each, rest = divmod(self.everybody, usage.SHARES)
        return each + (1 if share < rest else 0)

    def shares_with_room(self, sql: Statements, session: Session) -> set[int]:
        """Return the shares of today's ceiling that are not full. Raises CeilingReached, which an alarm watches."""
        counts = usage.list_shares(sql, day_of(session.now), self.kind)
        room = {share for share in range(usage.SHARES) if counts.get(share, 0) < self.share_limit(share)}
        if not room:
            metrics.count("DailyCeilingReached")
            raise self._refusal(_REFUSALS[self.kind][1], session)
        return room

    def _refusal(self, error: type[QuotaReached | CeilingReached], session: Session) -> QuotaReached | CeilingReached:
        midnight = next_midnight(session.now)
        return error(seconds_until(midnight, session.now)).about(resets_at=midnight.isoformat(), limite=self.person)

    def left(self, used: int) -> int:
        """Return the number of messages left today after `used` of them."""
        return max(0, self.person - used)


@dataclass(frozen=True)
class Shares:
    """The shares of the two ceilings that count a message. They are the same row, unless one of them is full."""

    message: int
    search: int


@dataclass(frozen=True)
class Limits:
    """The limits of one message: those of its mode, and those of searches if it searches."""

    message: Quota
    search: Quota | None = None

    @property
    def mode(self) -> Mode:
        return Mode(self.message.kind)

    @property
    def searches(self) -> bool:
        return self.search is not None

    def count_for_user(self, sql: Statements, user_id: int, day: date) -> "Used":
        """Count the message in the user's counter, which stays locked until the transaction ends."""
        if self.searches:
            return Used(*usage.add_searching_message(sql, user_id, day, self.mode))
        return Used(usage.add_message(sql, user_id, day, self.mode))

    def check_messages(self, session: Session, used: "Used") -> None:
        """Raise QuotaReached if the user has sent more messages of one of the kinds today than allowed."""
        self.message.check_messages(session, used.messages)
        if self.search:
            self.search.check_messages(session, used.searches)

    def take_from_shares(self, sql: Statements, session: Session, shares: Shares) -> None:
        """Count the message of today in shares of the ceilings. Raises CeilingReached if a share is full."""
        day = day_of(session.now)
        if self.search is None:
            self.message.check_share(session, shares.message, usage.add_message(sql, -shares.message, day, self.mode))
        elif shares.message == shares.search:
            messages, searches = usage.add_searching_message(sql, -shares.message, day, self.mode)
            self.message.check_share(session, shares.message, messages)
            self.search.check_share(session, shares.search, searches)
        else:
            # In the order of the shares: otherwise two transactions could each wait for a row of the other.
            both = sorted([(shares.message, self.message), (shares.search, self.search)], key=lambda one: one[0])
            for share, quota in both:
                quota.check_share(session, share, usage.add_message(sql, -share, day, quota.kind))

    def find_shares_with_room(self, sql: Statements, session: Session) -> Shares:
        """Return shares of today's ceilings that are not full, one share for both if possible.

        Run it outside a transaction, so that it reads committed numbers only. Raises the CeilingReached of the kind
        whose shares are all full.
        """
        room = self.message.shares_with_room(sql, session)
        room_of_search = self.search.shares_with_room(sql, session) if self.search else room
        if both := sorted(room & room_of_search):
            share = secrets.choice(both)
            return Shares(share, share)
        return Shares(secrets.choice(sorted(room)), secrets.choice(sorted(room_of_search)))


@dataclass(frozen=True)
class Used:
    """Messages of the mode, and searches, that a user has sent today."""

    messages: int
    searches: int = 0


def is_counted(text: str, code: str) -> bool:
    """Return whether a failed reply counts for its user.

    A reply without text does not count, unless the model refused the question or used all its tokens on it: otherwise
    a user could repeat such a question without a limit. The share of the ceiling keeps its count in every case: the
    model may have cost money, and the end of a reply must not write a row that users share.
    """
    return bool(text) or code in _ANSWERED


@dataclass(frozen=True)
class Quotas:
    """The limits of each mode, and of searches. `think` or `search` is None if the deployment does not have it."""

    fast: Quota
    think: Quota | None = None
    search: Quota | None = None

    def of(self, mode: Mode, searches: bool = False) -> Limits:
        """Return the limits of a message. Raises InvalidInput for a mode or a search that the deployment lacks."""
        message = self.fast if mode is Mode.FAST else self.think
        if message is None:
            raise InvalidInput("modo", texts.NO_THINKING)
        if searches and self.search is None:
            raise InvalidInput("buscar", texts.NO_SEARCH)
        return Limits(message, self.search if searches else None)


def quotas(session: Session) -> Quotas:
    """Return the limits of the settings, or the user's own limit in place of DAILY_MESSAGES.

    The own limit also bounds the messages of the mode THINK.
    """
    limits, thinking = settings.read(settings.ReplySettings), settings.read(settings.ThinkingSettings)
    searching = settings.read(settings.SearchSettings)
    own = session.daily_messages
    messages = limits.daily_messages if own is None else own
    thoughts = thinking.daily_think_messages if own is None else min(thinking.daily_think_messages, own)
    think = Quota(thoughts, thinking.daily_think_ceiling, kind=Mode.THINK)
    search = Quota(searching.daily_searches, searching.daily_search_ceiling, kind=SEARCH)
    return Quotas(
        Quota(messages, limits.daily_ceiling),
        think if thinking.gemini_model_think else None,
        search if searching.is_on else None,
    )
