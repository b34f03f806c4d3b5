"""Table `mensagens`: replies whose process ended before them.

They are read as interrupted at once; the cleanup or an edit of the question stores that state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Statements
from falaai.modes import Mode

# A reply that gets no new text for this time is abandoned: its process has ended.
ABANDONED_SECONDS = 60
ABANDONED = "abandoned"  # the `error` of an abandoned reply; a stopped one has none
IS_ABANDONED = f"m.estado = 'gerando' AND m.escrita_em < UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"


def is_being_written(table: str) -> str:
    """Return the condition that a reply of this table alias is being generated, and is not abandoned."""
    newest = f"{table}.escrita_em >= UTC_TIMESTAMP(6) - INTERVAL {ABANDONED_SECONDS} SECOND"
    return f"({table}.estado = 'gerando' AND {newest})"


@dataclass(frozen=True)
class Abandoned:
    """An abandoned reply, its user, its mode, whether it was to search, the UTC time of its process's last save, and
    whether it has text.
    """

    id: int
    user_id: int
    mode: Mode
    searches: bool
    written_at: datetime
    has_text: bool


def lock_abandoned_replies(sql: Statements, at_most: int) -> list[Abandoned]:
    """Lock abandoned replies until the transaction ends."""
    rows = sql.list(
        "SELECT m.id, c.id_usuario, m.modo, m.buscar, m.escrita_em, m.conteudo <> '' AS tem_texto"  # noqa: S608 - constant condition
        f" FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE {IS_ABANDONED} LIMIT %s FOR UPDATE",
        (at_most,),
    )
    return [
        Abandoned(
            *(row["id"], row["id_usuario"], Mode(row["modo"]), bool(row["buscar"])),
            *(row["escrita_em"], bool(row["tem_texto"])),
        )
        for row in rows
    ]


def update_abandoned_replies(sql: Statements, ids: Sequence[int]) -> int:
    """Store the state `interrompida` for abandoned replies, which is how they are already shown."""
    return sql.run(
        "UPDATE mensagens SET estado = 'interrompida', erro = %s WHERE id IN %s AND estado = 'gerando'",
        (ABANDONED, tuple(ids)),
    )


def count_abandoned(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM mensagens m WHERE {IS_ABANDONED}")  # noqa: S608 - constant condition
