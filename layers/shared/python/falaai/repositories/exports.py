"""Table `exportacoes`: requested archives of a user's data. The object in the bucket has the row's id in its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from falaai.database import Row, Statements
from falaai.errors import NotFound

# Hours for which a finished file can be downloaded.
LIFE_HOURS = 24
# Largest number of tries: the maxReceiveCount of the queue.
MOST_ATTEMPTS = 5
# Timeout of the worker: a try that started earlier has ended.
ATTEMPT_SECONDS = 300
# Longer than all tries together can take. After this time, the message is in the dead-letter queue.
LOST_HOURS = 3


class State(StrEnum):
    """State of an export, as stored in the database."""

    PREPARING = "preparando"
    READY = "pronta"
    FAILED = "erro"


@dataclass(frozen=True)
class Export:
    """One request. Times are naive UTC. `size` is the file's number of bytes, 0 until it is ready."""

    id: int
    user_id: int
    state: State
    size: int
    created_at: datetime
    expires_at: datetime
    is_expired: bool


# A worker that is killed in its last try cannot store the state `erro`, so it is derived from time and tries.
_IS_LOST = (
    f"(estado = 'preparando' AND (criada_em < UTC_TIMESTAMP(6) - INTERVAL {LOST_HOURS} HOUR"
    f" OR (tentativas >= {MOST_ATTEMPTS} AND iniciada_em < UTC_TIMESTAMP(6) - INTERVAL {ATTEMPT_SECONDS} SECOND)))"
)
EXPORT_COLUMNS = (
    f"id, id_usuario, IF({_IS_LOST}, 'erro', estado) AS estado, tamanho, criada_em, expira_em,"
    " expira_em <= UTC_TIMESTAMP(6) AS vencida"
)


def find_newest_export(sql: Statements, user_id: int) -> Export | None:
    """Find the user's last request, unless it has expired."""
    row = sql.find(
        f"SELECT {EXPORT_COLUMNS} FROM exportacoes WHERE id_usuario = %s AND expira_em > UTC_TIMESTAMP(6)"  # noqa: S608 - constant columns
        " ORDER BY id DESC LIMIT 1",
        (user_id,),
    )
    return export_of(row) if row else None


def lock_newest_export(sql: Statements, user_id: int) -> Export | None:
    """Lock the user's last request. Without a lock, TiDB would read it as it was when the transaction began."""
    row = sql.find(
        f"SELECT {EXPORT_COLUMNS} FROM exportacoes WHERE id_usuario = %s AND expira_em > UTC_TIMESTAMP(6)"  # noqa: S608 - constant columns
        " ORDER BY id DESC LIMIT 1 FOR UPDATE",
        (user_id,),
    )
    return export_of(row) if row else None


def find_export(sql: Statements, user_id: int, export_id: int) -> Export | None:
    """Find a request of the user, also one that has expired and is not deleted yet."""
    row = sql.find(
        f"SELECT {EXPORT_COLUMNS} FROM exportacoes WHERE id_usuario = %s AND id = %s",  # noqa: S608 - constant columns
        (user_id, export_id),
    )
    return export_of(row) if row else None


def get_export(sql: Statements, user_id: int, export_id: int) -> Export:
    """Return a request of the user. Raises NotFound."""
    export = find_export(sql, user_id, export_id)
    if export is None:
        raise NotFound(f"export {export_id}")
    return export


def list_export_ids(sql: Statements, user_id: int) -> list[int]:
    return [row["id"] for row in sql.list("SELECT id FROM exportacoes WHERE id_usuario = %s", (user_id,))]


def list_existing(sql: Statements, ids: Sequence[int]) -> set[int]:
    """Return the given ids that have a row."""
    return {row["id"] for row in sql.list("SELECT id FROM exportacoes WHERE id IN %s", (tuple(ids),))}


def add_export(sql: Statements, user_id: int) -> int:
    """Add a request in the state `preparando`. Returns its id."""
    return sql.insert(
        "INSERT INTO exportacoes (id_usuario, criada_em, expira_em)"
        " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s HOUR)",
        (user_id, LIFE_HOURS),
    )


def update_started(sql: Statements, user_id: int, export_id: int) -> int | None:
    """Record the start of a try. Returns its number, or None if the request is finished, expired or deleted."""
    return sql.update_returning(
        "UPDATE exportacoes SET tentativas = LAST_INSERT_ID(tentativas + 1), estado = 'preparando',"
        " iniciada_em = UTC_TIMESTAMP(6)"
        " WHERE id_usuario = %s AND id = %s AND estado <> 'pronta' AND expira_em > UTC_TIMESTAMP(6)",
        (user_id, export_id),
    )


def update_ready(sql: Statements, user_id: int, export_id: int, size: int) -> bool:
    """Record that the file is complete. Returns False if another try came first, or if the account was deleted."""
    return bool(
        sql.run(
            "UPDATE exportacoes SET estado = 'pronta', tamanho = %s, pronta_em = UTC_TIMESTAMP(6),"
            " expira_em = UTC_TIMESTAMP(6) + INTERVAL %s HOUR"
            " WHERE id_usuario = %s AND id = %s AND estado <> 'pronta'",
            (size, LIFE_HOURS, user_id, export_id),
        )
    )


def update_failed(sql: Statements, user_id: int, export_id: int) -> None:
    """Record that no further try will come, unless the file is ready."""
    sql.run(
        "UPDATE exportacoes SET estado = 'erro' WHERE id_usuario = %s AND id = %s AND estado = 'preparando'",
        (user_id, export_id),
    )


def delete_expired(sql: Statements, at_most: int) -> int:
    return sql.run(
        "DELETE FROM exportacoes WHERE expira_em <= UTC_TIMESTAMP(6) ORDER BY expira_em LIMIT %s", (at_most,)
    )


def count_expired(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM exportacoes WHERE expira_em <= UTC_TIMESTAMP(6)")


def export_of(row: Row) -> Export:
    return Export(
        id=row["id"],
        user_id=row["id_usuario"],
        state=State(row["estado"]),
        size=row["tamanho"] or 0,
        created_at=row["criada_em"],
        expires_at=row["expira_em"],
        is_expired=bool(row["vencida"]),
    )
