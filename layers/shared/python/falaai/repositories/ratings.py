"""Table `avaliacoes`: users' ratings of replies. A row has a reason from a list, and no text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from falaai.database import Statements
from falaai.repositories.conversations import IS_KEPT


class Rating(StrEnum):
    GOOD = "boa"
    BAD = "ruim"


class Reason(StrEnum):
    """Why a reply is bad."""

    WRONG = "incorreta"
    OFF_TOPIC = "fora_do_pedido"
    LENGTH = "tamanho"
    TONE = "tom"
    HARMFUL = "ofensiva"
    OTHER = "outra"


@dataclass(frozen=True)
class RatingCount:
    """Number of ratings with the same rating, reason and model."""

    rating: Rating
    reason: str | None
    model: str | None
    count: int


def save_rating(
    sql: Statements, user_id: int, reply_id: int, rating: Rating, reason: Reason | None, day: date
) -> None:
    """Store the rating of this try of a reply, or replace the earlier one. A temporary conversation has none."""
    sql.run(
        "INSERT INTO avaliacoes (id_mensagem, geracao, id_usuario, nota, motivo, modelo, dia)"  # noqa: S608 - constant
        " SELECT m.id, m.geracao, c.id_usuario, %s, %s, m.modelo, %s"
        " FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " WHERE m.id = %s AND m.remetente = 'ia' AND m.estado <> 'gerando'"
        f" AND c.id_usuario = %s AND c.{IS_KEPT} AND c.temporaria = FALSE"
        " ON DUPLICATE KEY UPDATE nota = VALUES(nota), motivo = VALUES(motivo)",
        (rating, reason, day, reply_id, user_id),
    )


def delete_rating(sql: Statements, user_id: int, reply_id: int, generation: int) -> None:
    """Take back the rating of this try of a reply, if there is one."""
    sql.run(
        "DELETE FROM avaliacoes WHERE id_mensagem = %s AND geracao = %s AND id_usuario = %s",
        (reply_id, generation, user_id),
    )


# The newest ratings that one statement counts.
MOST_COUNTED = 2000


def list_counts(sql: Statements, days: int) -> Sequence[RatingCount]:
    """Count the newest ratings of the last days of all users, at most MOST_COUNTED of them."""
    rows = sql.list(
        "SELECT nota, motivo, modelo, COUNT(*) AS total FROM (SELECT nota, motivo, modelo FROM avaliacoes"
        " FORCE INDEX (avaliacoes_dia) WHERE dia > UTC_DATE() - INTERVAL %s DAY ORDER BY dia DESC LIMIT %s) AS a"
        " GROUP BY nota, motivo, modelo ORDER BY NULL",
        (days, MOST_COUNTED),
    )
    return [RatingCount(Rating(row["nota"]), row["motivo"], row["modelo"], row["total"]) for row in rows]


# As long as the counters of messages.
KEPT_DAYS = 400
_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def delete_old(sql: Statements, at_most: int) -> int:
    """Delete old ratings. Returns the number deleted."""
    return sql.run(f"DELETE FROM avaliacoes WHERE {_OLD} ORDER BY dia LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    """Return the number of ratings that `delete_old` would delete."""
    return sql.count(f"SELECT COUNT(*) FROM avaliacoes WHERE {_OLD}")  # noqa: S608 - constant condition
