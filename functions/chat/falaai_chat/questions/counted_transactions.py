"""The transaction of a question: it counts the message in the user's counter and in a share of the ceiling.

Its first statement counts the message in the user's counter of the day and so locks it: requests of one user run one
after another, and each sees the questions and the running replies of the one before. Its last statement counts the
message in a share of the ceiling, a row that many users share.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from falaai.database import Database, Statements, new_transaction_key
from falaai.errors import CeilingReached
from falaai.repositories import exchanges, usage
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai.sao_paulo import day_of
from falaai_chat.pending_replies import PendingReply
from falaai_chat.quota import Limits, Shares

Pending = TypeVar("Pending", bound=PendingReply)


@dataclass(frozen=True)
class Attempt:
    """One run of a transaction: its key, the day of its message, and the shares of the ceilings that count it."""

    limits: Limits
    day: date
    shares: Shares
    key: str


def commit(
    database: Database, session: Session, limits: Limits, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    """Run `work` in a transaction that counts its message in the user's own share of the ceilings.

    If a share is full, the transaction is rolled back and runs again with shares that have room. A full share stays
    full until midnight, so the number of runs is bounded.
    """
    own = session.user_id % SHARES
    attempt = Attempt(limits, day_of(session.now), Shares(own, own), new_transaction_key())
    for runs_left in reversed(range(2 * SHARES + 1)):
        try:
            return _run(database, session, attempt, work)
        except CeilingReached:
            if not runs_left:
                raise
            attempt = replace(attempt, shares=limits.find_shares_with_room(database, session))
    raise AssertionError("the last run returns or raises")


def _run(
    database: Database, session: Session, attempt: Attempt, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    def has_committed(sql: Statements) -> bool:
        usage.lock_messages(sql, session.user_id, attempt.day)  # waits for a commit whose answer was lost
        return exchanges.has_transaction_key(sql, session.user_id, attempt.key)

    return database.transaction(lambda sql: work(sql, attempt), has_committed)
