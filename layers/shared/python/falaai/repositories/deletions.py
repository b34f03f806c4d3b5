"""Table `conversas`: deletions. A deleted conversation keeps its rows for some seconds, so that its user may undo it.

`apagada` marks it, and `apagada_em` is the time of the deletion. Until the cleanup deletes the rows, no statement of
another module finds the conversation, except those that delete rows or store the text of a reply under way.
"""

from dataclasses import dataclass
from datetime import datetime

from falaai.database import Statements
from falaai.repositories.conversations import (
    COLUMNS_WITHOUT_SUMMARY,
    IS_KEPT,
    IS_LISTED,
    ORDER,
    Conversation,
    conversation_of,
)

# Seconds in which its user may undo a deletion.
UNDO_SECONDS = 10
# Age of a deletion from which its rows are deleted. The difference covers the clocks of several database servers: a
# deletion must not be undone while its messages are being deleted.
ERASED_AFTER_SECONDS = 20


def update_deleted(sql: Statements, user_id: int, conversation_id: int) -> None:
    """Mark a conversation as deleted, now. The mark of an earlier deletion stays."""
    sql.run(
        "UPDATE conversas SET apagada = TRUE, apagada_em = UTC_TIMESTAMP(6)"  # noqa: S608 - constant
        f" WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",
        (user_id, conversation_id),
    )


def update_restored(sql: Statements, user_id: int, conversation_id: int) -> bool:
    """Remove the mark of a deletion that is younger than UNDO_SECONDS. Returns whether there was one."""
    return bool(
        sql.run(
            "UPDATE conversas SET apagada = FALSE, apagada_em = NULL WHERE id_usuario = %s AND id = %s"
            " AND apagada_em > UTC_TIMESTAMP(6) - INTERVAL %s SECOND",
            (user_id, conversation_id, UNDO_SECONDS),
        )
    )


@dataclass(frozen=True)
class UndoableDeletion:
    """A deletion that can still be undone."""

    conversation_id: int
    seconds_left: float


def list_page(
    sql: Statements, user_id: int, limit: int, deletions_limit: int
) -> tuple[list[Conversation], list[UndoableDeletion]]:
    """List the user's first conversations, and the deletions that can be undone, newest first, by one statement."""
    rows = sql.list(
        f"(SELECT {COLUMNS_WITHOUT_SUMMARY}, NULL AS resto"  # noqa: S608 - constants
        # Inside a UNION, MariaDB would read and sort the whole table.
        " FROM conversas FORCE INDEX (conversas_lista)"
        f" WHERE id_usuario = %s AND {IS_LISTED} {ORDER} LIMIT %s) UNION ALL"
        # This index finds the deletions of all users in these seconds; another one, all conversations of the user.
        f" (SELECT {COLUMNS_WITHOUT_SUMMARY},"
        " TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), apagada_em + INTERVAL %s SECOND) AS resto"
        " FROM conversas FORCE INDEX (conversas_apagadas)"
        " WHERE apagada_em > UTC_TIMESTAMP(6) - INTERVAL %s SECOND AND id_usuario = %s"
        " ORDER BY apagada_em DESC LIMIT %s)",
        (user_id, limit, UNDO_SECONDS, UNDO_SECONDS, user_id, deletions_limit),
    )
    # Sorted here: a server may return the rows of a UNION in any order.
    kept = sorted((conversation_of(row) for row in rows if row["resto"] is None), key=_place, reverse=True)
    deleted = sorted(((row["resto"], row["id"]) for row in rows if row["resto"] is not None), reverse=True)
    return kept, [UndoableDeletion(conversation_id, left / 1_000_000) for left, conversation_id in deleted]


def _place(conversation: Conversation) -> tuple[bool, datetime, int]:
    return conversation.is_pinned, conversation.updated_at, conversation.id


_ERASABLE = f"apagada_em < UTC_TIMESTAMP(6) - INTERVAL {ERASED_AFTER_SECONDS} SECOND"


def lock_deleted(sql: Statements, at_most: int) -> list[int]:
    """Lock deleted conversations that can no longer be restored until the transaction ends. Returns their ids."""
    rows = sql.list(
        f"SELECT id FROM conversas FORCE INDEX (conversas_apagadas) WHERE {_ERASABLE}"  # noqa: S608 - constant
        " ORDER BY apagada_em LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return [row["id"] for row in rows]


def count_deleted(sql: Statements) -> int:
    """Return the number of deleted conversations whose rows may be deleted."""
    return sql.count(f"SELECT COUNT(*) FROM conversas FORCE INDEX (conversas_apagadas) WHERE {_ERASABLE}")  # noqa: S608 - constant
