"""Table `limites`: counters with a window."""

from collections.abc import Sequence

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


def remove_hits(sql: Statements, keys: Sequence[str]) -> None:
    """Take one hit back at each of these counters."""
    sql.run("UPDATE limites SET contagem = contagem - 1 WHERE chave IN %s AND contagem > 0", (tuple(keys),))


def delete_closed(sql: Statements, at_most: int) -> int:
    return sql.run("DELETE FROM limites WHERE fim <= UTC_TIMESTAMP(6) LIMIT %s", (at_most,))


def count_closed(sql: Statements) -> int:
    return sql.count("SELECT COUNT(*) FROM limites WHERE fim <= UTC_TIMESTAMP(6)")
