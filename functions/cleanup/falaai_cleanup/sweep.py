"""The sweep: batches in short transactions, safe to kill, to repeat and to overlap with itself and with writers."""

from collections.abc import Callable

from falaai.database import Database, Statements
from falaai.repositories import conversations, limits, messages, sessions, tokens, usage, users

BATCH = 1000
# Long enough for someone on holiday; the link itself lives for a day and can be asked for again.
NEVER_VERIFIED_DAYS = 30
# Enough to look back on a bill.
USAGE_DAYS = 400

Batch = Callable[[Statements], int]


def sweep(database: Database, retention_days: int, has_time: Callable[[], bool]) -> dict[str, int]:
    """Delete until nothing is left to delete or the time is up; rows by kind."""
    swept = {
        "sessions": _in_batches(database, lambda sql: sessions.delete_ended(sql, BATCH), has_time),
        "tokens": _in_batches(database, lambda sql: tokens.delete_expired(sql, BATCH), has_time),
        "usage": _in_batches(database, lambda sql: usage.delete_old(sql, USAGE_DAYS, BATCH), has_time),
        "counters": _in_batches(database, lambda sql: limits.delete_closed(sql, BATCH), has_time),
        "abandoned_replies": _in_batches(database, lambda sql: messages.interrupt_abandoned(sql, BATCH), has_time),
        "unverified_accounts": _in_batches(
            database, lambda sql: users.delete_never_verified(sql, NEVER_VERIFIED_DAYS, BATCH), has_time
        ),
        "conversations": 0,
        "messages": 0,
    }
    if retention_days:
        swept["conversations"], swept["messages"] = _sweep_conversations(database, retention_days, has_time)
    return swept


def _in_batches(database: Database, batch: Batch, has_time: Callable[[], bool]) -> int:
    total = 0
    while has_time():
        gone = database.transaction(batch)
        total += gone
        if gone < BATCH:
            break
    return total


def _sweep_conversations(database: Database, days: int, has_time: Callable[[], bool]) -> tuple[int, int]:
    swept_conversations = swept_messages = 0
    while has_time():
        unused = database.autocommit(lambda sql: conversations.list_unused(sql, days, BATCH))
        for conversation_id in unused:
            if not has_time():
                break
            whole, gone = _sweep_conversation(database, conversation_id, days, has_time)
            swept_conversations += whole
            swept_messages += gone
        if len(unused) < BATCH:
            break
    return swept_conversations, swept_messages


def _sweep_conversation(
    database: Database, conversation_id: int, days: int, has_time: Callable[[], bool]
) -> tuple[bool, int]:
    """Messages first, batch by batch, then the conversation; whether it is gone, and how many messages are."""
    total = 0
    while has_time():
        ended, gone = database.transaction(lambda sql: _batch_of_messages(sql, conversation_id, days))
        total += gone
        if ended is not None:
            return ended, total
    return False, total


def _batch_of_messages(sql: Statements, conversation_id: int, days: int) -> tuple[bool | None, int]:
    """Re-checks under a lock that the conversation is still unused, so a person who came back keeps it.

    None while messages remain.
    """
    if not conversations.is_still_unused(sql, conversation_id, days):
        return False, 0
    gone = messages.delete_messages(sql, conversation_id, BATCH)
    if gone == BATCH:
        return None, gone
    return conversations.delete_if_unused(sql, conversation_id, days), gone
