"""Table `limites`: counters with a window.

A hit is counted and taken back by a single statement in autocommit mode: a counter that is wrong by one after a lost
answer does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from falaai.database import Statements


def add_hit(sql: Statements, key: str, window_seconds: int) -> int:
    """Count one hit. Returns the number of hits in the window.

    The statement locks the counter's row, so each of many parallel hits gets its own number. It may run twice if its
    answer is lost; then one hit counts as two. `contagem` is assigned first: MySQL assigns from left to right, and it
    needs the old `fim`.
    """
    repeated = sql.insert(
        "INSERT INTO limites (chave, inicio, fim, contagem)"
        " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, 1)"
        " ON DUPLICATE KEY UPDATE"
        " contagem = LAST_INSERT_ID(IF(fim <= UTC_TIMESTAMP(6), 1, contagem + 1)),"
        " inicio = IF(fim <= UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), inicio),"
        " fim = IF(fim <= UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, fim)",
        (key, window_seconds, window_seconds),
    )
    return repeated or 1  # 0 for a new row, which has one hit


def find_seconds_left(sql: Statements, key: str) -> int | None:
    """Return the whole seconds, rounded up, until the counter's window closes; None for an unknown counter."""
    row = sql.find(
        "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), fim) AS seconds FROM limites WHERE chave = %s", (key,)
    )
    return int(row["seconds"]) + 1 if row else None


@dataclass(frozen=True)
class Count:
    """A counter in an open window. `began_at` and `now` are times of the database, naive UTC."""

    count: int
    began_at: datetime
    now: datetime


def find_count(sql: Statements, key: str) -> Count | None:
    row = sql.find(
        "SELECT contagem, inicio, UTC_TIMESTAMP(6) AS agora FROM limites WHERE chave = %s AND fim > UTC_TIMESTAMP(6)",
        (key,),
    )
    return Count(row["contagem"], row["inicio"], row["agora"]) if row else None


def has_open_window(sql: Statements, key: str) -> bool:
    """Return whether the counter has an open window. It reads what is committed, also after a wait for a lock."""
    row = sql.find("SELECT chave FROM limites WHERE chave = %s AND fim > UTC_TIMESTAMP(6) FOR UPDATE", (key,))
    return row is not None


def update_count(sql: Statements, key: str, count: int, window_seconds: int) -> None:
    """Set the counter, in a window that begins now."""
    sql.run(
        "INSERT INTO limites (chave, inicio, fim, contagem)"
        " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL %s SECOND, %s)"
        " ON DUPLICATE KEY UPDATE contagem = VALUES(contagem), inicio = VALUES(inicio), fim = VALUES(fim)",
        (key, window_seconds, count),
    )


def delete_hits(sql: Statements, keys: Sequence[str]) -> None:
    """Subtract one hit from each of these counters."""
    sql.run("UPDATE limites SET contagem = contagem - 1 WHERE chave IN %s AND contagem > 0", (tuple(keys),))


def delete_expired(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM limites WHERE fim <= UTC_TIMESTAMP(6) ORDER BY fim LIMIT %s", (at_most,))


def count_expired(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM limites WHERE fim <= UTC_TIMESTAMP(6)")
