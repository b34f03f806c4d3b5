"""The sweep: batches in short transactions, safe to kill, to repeat and to overlap with itself and with writers."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from falaai.database import Database, Statements
from falaai.logs import logger
from falaai.repositories import (
    conversations,
    limits,
    messages,
    personal_data,
    sessions,
    tokens,
    transactions,
    usage,
    users,
)

BATCH = 1000
# Conversations locked at a time: as a rule their messages are about a batch.
CONVERSATIONS = 100
# Rests are so many times as long as the batches before them: most of the database's time stays with the people.
PAUSE_FACTOR = 4

Batch = Callable[[Statements], tuple[dict[str, int], bool]]


@dataclass(frozen=True)
class CleanupResult:
    """Rows by kind; `is_done` is False when the time was up first. `errors` are those of chores that failed."""

    rows: dict[str, int]
    is_done: bool
    errors: tuple[Exception, ...] = ()


@dataclass(frozen=True)
class CleanupTask:
    """One kind of rows that go: `delete` at most so many of them, or `count` them all."""

    name: str
    delete: Callable[[Statements, int], int]
    count: Callable[[Statements], int]

    def batch(self, sql: Statements) -> tuple[dict[str, int], bool]:
        """What went, and whether there may be more."""
        gone = self.delete(sql, BATCH)
        return {self.name: gone}, gone == BATCH


def _delete_never_verified(sql: Statements, at_most: int) -> int:
    ids = users.lock_never_verified(sql, at_most)
    return personal_data.delete_accounts(sql, ids) if ids else 0


TASKS = (
    CleanupTask("sessions", sessions.delete_ended, sessions.count_ended),
    CleanupTask("tokens", tokens.delete_expired, tokens.count_expired),
    CleanupTask("usage", usage.delete_old, usage.count_old),
    CleanupTask("counters", limits.delete_expired, limits.count_expired),
    CleanupTask("transactions", transactions.delete_old, transactions.count_old),
    CleanupTask("abandoned_replies", messages.update_abandoned_replies, messages.count_abandoned),
    CleanupTask("unverified_accounts", _delete_never_verified, users.count_never_verified),
)


def clean_up(database: Database, retention_days: int, has_time: Callable[[], bool]) -> CleanupResult:
    """Delete until nothing is left to delete or the time is up, retention first.

    A chore that fails does not stop the others; its error is logged and is among `errors` of the result.
    """
    batches: dict[str, Batch] = {task.name: task.batch for task in TASKS}
    if retention_days:
        batches = {"conversations": lambda sql: _delete_unused(sql, retention_days), **batches}
    total = Counter(dict.fromkeys([*(task.name for task in TASKS), "conversations", "messages"], 0))
    errors: list[Exception] = []
    for name, batch in batches.items():
        try:
            is_done = _repeat(database, batch, total, has_time)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other chores are done, and it is raised at the end
            logger().exception("cleanup task failed", extra={"task": name})
            errors.append(error)
            continue
        if not is_done:
            return CleanupResult(dict(total), False, tuple(errors))
    return CleanupResult(dict(total), True, tuple(errors))


def _repeat(database: Database, batch: Batch, total: Counter[str], has_time: Callable[[], bool]) -> bool:
    """Run batches until there are no more rows, and add up what went; False if the time was up first."""
    more = True
    while more:
        if not has_time():
            return False
        began = time.monotonic()
        gone, more = database.transaction(batch)
        total.update(gone)
        if more:
            time.sleep(PAUSE_FACTOR * (time.monotonic() - began))
    return True


def preview(database: Database, retention_days: int) -> dict[str, int]:
    """How many rows a sweep would take now, by kind; changes nothing."""
    rows = {task.name: task.count(database) for task in TASKS}
    if retention_days:
        unused, inside = conversations.count_unused(database, retention_days)
        rows |= {"conversations": unused, "messages": inside}
    return rows


def _delete_unused(sql: Statements, retention_days: int) -> tuple[dict[str, int], bool]:
    """Messages first, then the conversations that have none left; the locks of the parents make it one decision."""
    ids = conversations.lock_unused(sql, retention_days, CONVERSATIONS)
    if not ids:
        return {}, False
    gone = messages.delete_messages(sql, ids, BATCH)
    if gone == BATCH:
        return {"messages": gone}, True
    whole = conversations.delete_conversations(sql, ids)
    return {"messages": gone, "conversations": whole}, len(ids) == CONVERSATIONS
