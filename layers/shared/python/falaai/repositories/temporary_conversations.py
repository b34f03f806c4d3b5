"""Table `conversas`: temporary conversations. They are deleted when they are closed, or by the next daily cleanup."""

from falaai.database import Statements
from falaai.repositories.conversations import IS_KEPT

# Every one of them, since the cleanup runs once a day: none is older than a day then.
_TEMPORARY = "temporaria_em <= UTC_TIMESTAMP(6)"


def lock_temporary_conversation(sql: Statements, user_id: int, conversation_id: int) -> bool:
    """Lock a temporary conversation of the user until the transaction ends. Returns False if there is none."""
    row = sql.find(
        "SELECT id FROM conversas WHERE id_usuario = %s AND id = %s AND temporaria = TRUE"  # noqa: S608 - constant
        f" AND {IS_KEPT} FOR UPDATE",
        (user_id, conversation_id),
    )
    return row is not None


def lock_temporary(sql: Statements, at_most: int) -> list[int]:
    """Lock temporary conversations until the transaction ends, the oldest first. Returns their ids."""
    rows = sql.list(
        f"SELECT id FROM conversas FORCE INDEX (conversas_temporarias) WHERE {_TEMPORARY}"  # noqa: S608 - constant
        " ORDER BY temporaria_em LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return [row["id"] for row in rows]


def count_temporary(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM conversas FORCE INDEX (conversas_temporarias) WHERE {_TEMPORARY}")  # noqa: S608 - constant
