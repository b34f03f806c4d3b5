"""Table `auditoria`: the acts of operators. Rows are only added: no statement changes or deletes them.

A row has ids, numbers and names of roles, and no text of a user, so it stays when an account is deleted.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from falaai.database import Statements

# `id_admin` of an act from the command line.
COMMAND_LINE = 0
# `id_alvo` of an act that is not about an account.
NO_ACCOUNT = 0


@dataclass(frozen=True)
class Cursor:
    """The place after an entry, or after an invitation, in the order of time and id. `done_at` is naive UTC."""

    done_at: datetime
    id: int


# Before every entry.
FIRST = Cursor(datetime(9999, 1, 1, tzinfo=UTC).replace(tzinfo=None), 0)


@dataclass(frozen=True)
class Entry:
    """One act. `value` is a number or the name of a role, or empty. The time is naive UTC."""

    id: int
    admin_id: int
    target_id: int
    act: str
    value: str
    done_at: datetime


def add_entry(sql: Statements, admin_id: int, target_id: int, act: str, value: str = "") -> None:
    """Store an act. It must run in the transaction of the act. `act` and `value` are ASCII, at most 32 characters."""
    sql.run(
        "INSERT INTO auditoria (id_admin, id_alvo, acao, valor, feita_em) VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
        (admin_id, target_id, act, value or None),
    )


def list_entries(sql: Statements, limit: int, after: Cursor | None = None) -> list[Entry]:
    """Return the acts after a place, the newest first."""
    after = after or FIRST
    rows = sql.list(
        "SELECT id, id_admin, id_alvo, acao, valor, feita_em FROM auditoria"
        " WHERE feita_em <= %s AND (feita_em < %s OR id < %s) ORDER BY feita_em DESC, id DESC LIMIT %s",
        (after.done_at, after.done_at, after.id, limit),
    )
    return [
        Entry(row["id"], row["id_admin"], row["id_alvo"], row["acao"], row["valor"] or "", row["feita_em"])
        for row in rows
    ]
