"""Cleanup in short transactions: safe to kill, to repeat, and to run beside itself and beside users."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from falaai.account_erasure import erase_batch
from falaai.database import Database, Statements
from falaai.logs import logger
from falaai.modes import SEARCH, Counted
from falaai.repositories import (
    abandoned_replies,
    conversations,
    deleted_accounts,
    deletions,
    exports,
    facts,
    failures,
    file_deletions,
    invitations,
    limits,
    messages,
    personal_data,
    ratings,
    searched_replies,
    sessions,
    temporary_conversations,
    tokens,
    transactions,
    usage,
    usage_totals,
    users,
)
from falaai.repositories.abandoned_replies import Abandoned
from falaai.sao_paulo import day_of
from falaai.web import texts

BATCH = 1000
# Conversations locked at a time. Together they usually have about BATCH messages.
CONVERSATIONS = 100
# A pause is this many times as long as the batch before it, so that users keep most of the database's time.
PAUSE_FACTOR = 4

Batch = Callable[[Statements], tuple[dict[str, int], bool]]


@dataclass(frozen=True)
class CleanupResult:
    """Deleted rows by kind. `is_done` is False if time ran out. `errors` are those of the tasks that failed."""

    rows: dict[str, int]
    is_done: bool
    errors: tuple[Exception, ...] = ()


@dataclass(frozen=True)
class CleanupTask:
    """One kind of rows: `delete` deletes at most the given number of them, `count` counts all."""

    name: str
    delete: Callable[[Statements, int], int]
    count: Callable[[Statements], int]

    def batch(self, sql: Statements) -> tuple[dict[str, int], bool]:
        """Delete one batch. Returns the number deleted by kind, and whether there may be more."""
        gone = self.delete(sql, BATCH)
        return {self.name: gone}, gone == BATCH


class ErasureTask(CleanupTask):
    """Continue the deletion of closed accounts, with the messages of one account in each batch."""

    def batch(self, sql: Statements) -> tuple[dict[str, int], bool]:
        ids = users.list_closed(sql, 1)
        return ({self.name: self.delete(sql, ids[0])}, True) if ids else ({}, False)


class TotalsTask(CleanupTask):
    """Add the total of the use of one day in each batch, while a day that has ended has none."""

    def batch(self, sql: Statements) -> tuple[dict[str, int], bool]:
        added = self.delete(sql, 1)
        return {self.name: added}, bool(added)


@dataclass(frozen=True)
class ConversationsTask:
    """Delete conversations with all their messages. `lock` locks at most the given number and returns their ids."""

    name: str
    lock: Callable[[Statements, int], list[int]]
    count: Callable[[Statements], int]

    def batch(self, sql: Statements) -> tuple[dict[str, int], bool]:
        return _delete_locked(sql, self.lock(sql, CONVERSATIONS), self.name)


def _erase_account(sql: Statements, user_id: int) -> int:
    """Delete one batch. Returns 1 if the account is then completely deleted, else 0."""
    return 0 if erase_batch(sql, user_id) else 1


def _end_abandoned_replies(sql: Statements, at_most: int) -> int:
    """End abandoned replies. Those without text no longer count for their users. Returns the number ended."""
    abandoned = abandoned_replies.lock_abandoned_replies(sql, at_most)
    if not abandoned:
        return 0
    abandoned_replies.update_abandoned_replies(sql, [reply.id for reply in abandoned])
    wordless = Counter(
        (reply.user_id, day_of(reply.written_at), kind)
        for reply in abandoned
        if not reply.has_text
        for kind in _kinds(reply)
    )
    for (user_id, day, kind), count in sorted(wordless.items()):
        usage.delete_messages(sql, user_id, day, kind, count)
    return len(abandoned)


def _kinds(reply: Abandoned) -> tuple[Counted, ...]:
    """Return the kinds of use that a reply was counted in."""
    return (reply.mode, SEARCH) if reply.searches else (reply.mode,)


def _end_searches(sql: Statements, at_most: int) -> int:
    return searched_replies.update_expired_searches(sql, at_most, texts.SEARCH_EXPIRED)


def _delete_never_verified(sql: Statements, at_most: int) -> int:
    ids = users.lock_never_verified(sql, at_most)
    return personal_data.delete_accounts(sql, ids) if ids else 0


def _add_total(sql: Statements, _at_most: int) -> int:
    """Add the total of the first day without one. Returns 1, or 0 if there is none."""
    day = usage_totals.find_missing_day(sql)
    if day is None:
        return 0
    usage_totals.add_total(sql, day)
    return 1


def _count_totals(sql: Statements) -> int:
    """Return 1 if a day that has ended has no total yet."""
    return 0 if usage_totals.find_missing_day(sql) is None else 1


# Conversations whose deletion can no longer be undone.
DELETED_CONVERSATIONS = ConversationsTask("deleted_conversations", deletions.lock_deleted, deletions.count_deleted)
CLOSED_ACCOUNTS = ErasureTask("closed_accounts", _erase_account, users.count_closed)
# Old temporary conversations. The cleanup of each hour deletes them; the daily one does so too.
TEMPORARY_CONVERSATIONS = ConversationsTask(
    "temporary_conversations", temporary_conversations.lock_temporary, temporary_conversations.count_temporary
)
TASKS: tuple[CleanupTask | ConversationsTask, ...] = (
    # First: it keeps a promise about a day.
    TEMPORARY_CONVERSATIONS,
    DELETED_CONVERSATIONS,
    CLOSED_ACCOUNTS,
    CleanupTask("sessions", sessions.delete_ended, sessions.count_ended),
    CleanupTask("searches", _end_searches, searched_replies.count_expired_searches),
    CleanupTask("tokens", tokens.delete_expired, tokens.count_expired),
    TotalsTask("usage_totals", _add_total, _count_totals),
    CleanupTask("failures", failures.delete_old, failures.count_old),
    CleanupTask("usage", usage.delete_old, usage.count_old),
    CleanupTask("ratings", ratings.delete_old, ratings.count_old),
    CleanupTask("counters", limits.delete_expired, limits.count_expired),
    CleanupTask("unsent_attachments", file_deletions.delete_unsent, file_deletions.count_unsent),
    CleanupTask("exports", exports.delete_expired, exports.count_expired),
    CleanupTask("transactions", transactions.delete_old, transactions.count_old),
    CleanupTask("invitations", invitations.delete_old, invitations.count_old),
    CleanupTask("deleted_accounts", deleted_accounts.delete_old, deleted_accounts.count_old),
    CleanupTask("abandoned_replies", _end_abandoned_replies, abandoned_replies.count_abandoned),
    CleanupTask("unverified_accounts", _delete_never_verified, users.count_never_verified),
)


def clean_up(
    database: Database,
    retention_days: int,
    has_time: Callable[[], bool],
    tasks: Sequence[CleanupTask | ConversationsTask] = TASKS,
) -> CleanupResult:
    """Delete until nothing is left or time runs out. Unused conversations come first.

    A task that fails does not stop the others; its error is logged and is in `errors` of the result.
    """
    batches: dict[str, Batch] = {task.name: task.batch for task in tasks}
    if retention_days:
        batches = {"conversations": lambda sql: _delete_unused(sql, retention_days), **batches}
    kinds = [*(task.name for task in tasks), "conversations", "messages", "attachments"]
    total = Counter(dict.fromkeys(kinds, 0))
    errors: list[Exception] = []
    for name, batch in batches.items():
        try:
            is_done = _repeat(database, batch, total, has_time)
        except Exception as error:  # noqa: BLE001 - the other tasks still run
            logger().exception("cleanup task failed", extra={"task": name})
            errors.append(error)
            continue
        if not is_done:
            return CleanupResult(dict(total), False, tuple(errors))
    return CleanupResult(dict(total), True, tuple(errors))


def _repeat(database: Database, batch: Batch, total: Counter[str], has_time: Callable[[], bool]) -> bool:
    """Run batches until no row is left, and add up the deleted rows. Returns False if time ran out."""
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
    """Return the number of rows that a cleanup would delete now, by kind."""
    rows = {task.name: task.count(database) for task in TASKS}
    if retention_days:
        unused, inside = conversations.count_unused(database, retention_days)
        rows |= {"conversations": unused, "messages": inside}
    return rows


def _delete_unused(sql: Statements, retention_days: int) -> tuple[dict[str, int], bool]:
    """Delete a batch of unused conversations."""
    return _delete_locked(sql, conversations.lock_unused(sql, retention_days, CONVERSATIONS), "conversations")


def _delete_locked(sql: Statements, ids: list[int], name: str) -> tuple[dict[str, int], bool]:
    """Delete attachments, then messages, then the conversations without any, under locks of the conversations."""
    if not ids:
        return {}, False
    attached = file_deletions.delete_of_conversations(sql, ids, BATCH)
    if attached == BATCH:
        return {"attachments": attached}, True
    facts.delete_hidden_facts(sql, ids)
    gone = messages.delete_messages(sql, ids, BATCH)
    if gone == BATCH:
        return {"attachments": attached, "messages": gone}, True
    whole = conversations.delete_conversations(sql, ids)
    return {"attachments": attached, "messages": gone, name: whole}, len(ids) == CONVERSATIONS
