"""Table `conversas`: deletions. A deleted conversation keeps its rows for some seconds, so that its user may undo it.

The time of the deletion is in `apagada_em`. Until the cleanup deletes the rows, no statement of another module finds
the conversation, except those that delete rows and those that store the text of a reply under way.
"""

from dataclasses import dataclass

from falaai.database import Statements
from falaai.repositories.conversations import IS_KEPT

# Seconds in which its user may undo a deletion.
UNDO_SECONDS = 10
# Age of a deletion from which its rows are deleted. The difference covers the clocks of several database servers: a
# deletion must not be undone while its messages are being deleted.
ERASED_AFTER_SECONDS = 20


def update_deleted(sql: Statements, user_id: int, conversation_id: int) -> None:
    """Mark a conversation as deleted, now. The mark of an earlier deletion stays."""
    sql.run(
        f"UPDATE conversas SET apagada_em = UTC_TIMESTAMP(6) WHERE id_usuario = %s AND id = %s AND {IS_KEPT}",  # noqa: S608 - constant
        (user_id, conversation_id),
    )


def update_restored(sql: Statements, user_id: int, conversation_id: int) -> bool:
    """Remove the mark of a deletion that is younger than UNDO_SECONDS. Returns whether there was one."""
    return bool(
        sql.run(
            "UPDATE conversas SET apagada_em = NULL WHERE id_usuario = %s AND id = %s"
            " AND apagada_em > UTC_TIMESTAMP(6) - INTERVAL %s SECOND",
            (user_id, conversation_id, UNDO_SECONDS),
        )
    )


@dataclass(frozen=True)
class Deletion:
    """A deletion that can still be undone."""

    conversation_id: int
    seconds_left: float


def list_deletions(sql: Statements, user_id: int, limit: int) -> list[Deletion]:
    """List the user's deletions that can be undone, newest first."""
    rows = sql.list(
        # This index finds the deletions of all users in these seconds; another one, all conversations of the user.
        "SELECT id, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), apagada_em + INTERVAL %s SECOND) AS resto"
        " FROM conversas FORCE INDEX (conversas_apagadas)"
        " WHERE apagada_em > UTC_TIMESTAMP(6) - INTERVAL %s SECOND AND id_usuario = %s"
        " ORDER BY apagada_em DESC LIMIT %s",
        (UNDO_SECONDS, UNDO_SECONDS, user_id, limit),
    )
    return [Deletion(row["id"], row["resto"] / 1_000_000) for row in rows]


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
