"""Table `limites`: counters with a window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Statements


def add_hit(sql: Statements, key: str, window_seconds: int) -> tuple[int, int]:
    """Count one hit; how many the window has now and how many seconds it stays open.

    The insert locks the counter's row until the transaction ends, so each of many parallel hits sees its own count.
    `contagem` is assigned first: MySQL assigns from left to right, and it needs the old `inicio`.
    """
    sql.run(
        "INSERT INTO limites (chave, inicio, fim, contagem)"
        " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, 1)"
        " ON DUPLICATE KEY UPDATE"
        " contagem = IF(fim <= UTC_TIMESTAMP(6), 1, contagem + 1),"
        " inicio = IF(fim <= UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), inicio),"
        " fim = IF(fim <= UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, fim)",
        (key, window_seconds, window_seconds),
    )
    row = sql.find(
        "SELECT contagem, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), fim) AS left_open FROM limites WHERE chave = %s",
        (key,),
    )
    assert row is not None  # noqa: S101 - inserted above, in the same transaction
    return int(row["contagem"]), int(row["left_open"]) + 1


@dataclass(frozen=True)
class Count:
    """A counter whose window is open. `began_at` and `now` are the database's clock, UTC without a zone."""

    count: int
    began_at: datetime
    now: datetime


def find_count(sql: Statements, key: str) -> Count | None:
    row = sql.find(
        "SELECT contagem, inicio, UTC_TIMESTAMP(6) AS agora FROM limites WHERE chave = %s AND fim > UTC_TIMESTAMP(6)",
        (key,),
    )
    return Count(row["contagem"], row["inicio"], row["agora"]) if row else None


def update_count(sql: Statements, key: str, count: int, window_seconds: int) -> None:
    """Set the counter, in a window that opens now."""
    sql.run(
        "INSERT INTO limites (chave, inicio, fim, contagem)"
        " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, %s)"
        " ON DUPLICATE KEY UPDATE contagem = VALUES(contagem), inicio = VALUES(inicio), fim = VALUES(fim)",
        (key, window_seconds, count),
    )


def delete_hits(sql: Statements, keys: Sequence[str]) -> None:
    """Take one hit back at each of these counters."""
    sql.run("UPDATE limites SET contagem = contagem - 1 WHERE chave IN %s AND contagem > 0", (tuple(keys),))


def delete_expired(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM limites WHERE fim <= UTC_TIMESTAMP(6) LIMIT %s", (at_most,))


def count_expired(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM limites WHERE fim <= UTC_TIMESTAMP(6)")
