"""Table `conversas`: temporary conversations.

They are deleted when their page closes them, and at the latest by a cleanup that runs each hour.
"""

from falaai.database import Statements
from falaai.repositories.conversations import IS_KEPT

# Age from which the cleanup of each hour deletes a temporary conversation. It has four chances before the
# conversation is a day old, so that three of them may fail.
DELETED_AFTER_HOURS = 20
# A conversation of this age breaks the promise that the page makes.
PROMISED_HOURS = 24
_OLD = f"temporaria_em <= UTC_TIMESTAMP(6) - INTERVAL {DELETED_AFTER_HOURS} HOUR"
_OVERDUE = f"temporaria_em <= UTC_TIMESTAMP(6) - INTERVAL {PROMISED_HOURS} HOUR"


def lock_temporary_conversation(sql: Statements, user_id: int, conversation_id: int) -> bool:
    """Lock a temporary conversation of the user until the transaction ends. Returns False if there is none."""
    row = sql.find(
        "SELECT id FROM conversas WHERE id_usuario = %s AND id = %s AND temporaria = TRUE"  # noqa: S608 - constant
        f" AND {IS_KEPT} FOR UPDATE",
        (user_id, conversation_id),
    )
    return row is not None


def lock_begun_conversation(sql: Statements, user_id: int, client_id: str) -> int | None:
    """Lock the user's temporary conversation that a question with this client_id has begun. Returns its id, or None.

    It reads what is committed, also after a wait for a lock.
    """
    row = sql.find(
        "SELECT c.id FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"  # noqa: S608 - constant
        " WHERE m.chave = %s AND m.remetente = 'usuario' AND c.id_usuario = %s AND c.temporaria = TRUE"
        f" AND c.{IS_KEPT} LIMIT 1 FOR UPDATE",
        (client_id, user_id),
    )
    return row["id"] if row else None


def lock_temporary(sql: Statements, at_most: int) -> list[int]:
    """Lock old temporary conversations until the transaction ends, the oldest first. Returns their ids."""
    rows = sql.list(
        f"SELECT id FROM conversas FORCE INDEX (conversas_temporarias) WHERE {_OLD}"  # noqa: S608 - constant
        " ORDER BY temporaria_em LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return [row["id"] for row in rows]


def count_temporary(sql: Statements) -> int:
    """Return the number of temporary conversations that `lock_temporary` would lock."""
    return sql.count(f"SELECT COUNT(*) FROM conversas FORCE INDEX (conversas_temporarias) WHERE {_OLD}")  # noqa: S608 - constant


def count_overdue(sql: Statements) -> int:
    """Return the number of temporary conversations that are a day old. It is 0 unless the cleanups have failed."""
    return sql.count(f"SELECT COUNT(*) FROM conversas FORCE INDEX (conversas_temporarias) WHERE {_OVERDUE}")  # noqa: S608 - constant
