"""Check, before the first migration, that a database server behaves as the promises of FalaAI need.

Each check writes into a table of its own, so that the answer is the server's behaviour and not its version.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pymysql

from falaai.connections import Connection

_TABLE = "falaai_verificacao"
_CREATE = (
    f"CREATE TABLE {_TABLE} (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
    " texto VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, numero INT NOT NULL DEFAULT 0,"
    f" momento DATETIME(6) NULL, UNIQUE KEY {_TABLE}_texto (texto))"
    " DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin"
)
_INSERT = f"INSERT INTO {_TABLE} (texto) VALUES (%s)"
# Different texts. A server that ignores case or accents, or cannot store an emoji, finds some of them equal.
_DIFFERENT_TEXTS = ("jose@a", "JOSE@a", "josé@a", "😀")
_KNOWN = _DIFFERENT_TEXTS[0]


class UnfitServer(Exception):
    """The server would break a promise of FalaAI. The text completes "The server cannot hold FalaAI: …"."""


def check_server(connect: Callable[[], Connection]) -> None:
    """Check the server with two connections. Raises UnfitServer, and pymysql's errors."""
    with connect() as first, connect() as second, _probe_table(first):
        for check in (_texts, _strictness, _clock, _kept_number):
            check(first)
        for check_of_two in (_rollback, _isolation, _row_lock, _key_lock):
            check_of_two(first, second)


@contextmanager
def _probe_table(connection: Connection) -> Iterator[None]:
    _run(connection, f"DROP TABLE IF EXISTS {_TABLE}")
    _run(connection, _CREATE)
    try:
        yield
    finally:
        _roll_back(connection)
        _run(connection, f"DROP TABLE IF EXISTS {_TABLE}")


def _run(connection: Connection, sql: str, *parameters: Any) -> list[Any]:
    with connection.cursor(pymysql.cursors.Cursor) as cursor:
        cursor.execute(sql, parameters)
        return [*cursor.fetchall()]


def _is_refused(connection: Connection, sql: str, *parameters: Any) -> bool:
    try:
        _run(connection, sql, *parameters)
    except (pymysql.IntegrityError, pymysql.DataError, pymysql.OperationalError):
        return True
    return False


def _is_locked(connection: Connection, text: str) -> bool:
    """Return whether the row is locked by another connection. Outside a transaction TiDB locks nothing."""
    connection.begin()
    locked = _is_refused(connection, f"SELECT id FROM {_TABLE} WHERE texto = %s FOR UPDATE NOWAIT", text)
    connection.rollback()
    return locked


def _roll_back(connection: Connection) -> None:
    if connection.open:
        connection.rollback()


def _texts(connection: Connection) -> None:
    for text in _DIFFERENT_TEXTS:
        try:
            _run(connection, _INSERT, text)
        except pymysql.MySQLError as error:
            known = {
                1062: "it takes two different addresses for one",
                1366: "it does not store every character (utf8mb4)",
            }
            if error.args[0] not in known:
                raise
            raise UnfitServer(known[error.args[0]]) from error
    if {text for (text,) in _run(connection, f"SELECT texto FROM {_TABLE}")} != set(_DIFFERENT_TEXTS):
        raise UnfitServer("it does not store every character (utf8mb4)")
    if not _is_refused(connection, _INSERT, _KNOWN):
        raise UnfitServer("it stores one address twice in spite of a unique index")


def _strictness(connection: Connection) -> None:
    if not _is_refused(connection, _INSERT, "x" * 21):
        raise UnfitServer("it cuts off a text that is too long (sql_mode is not strict)")


def _clock(connection: Connection) -> None:
    ((seconds,),) = _run(connection, "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), NOW(6))")
    if seconds:
        raise UnfitServer("its session is not in UTC (time_zone)")
    _run(connection, f"UPDATE {_TABLE} SET momento = '2026-01-02 03:04:05.678901'")
    if _run(connection, f"SELECT DISTINCT MICROSECOND(momento) FROM {_TABLE}") != [(678901,)]:
        raise UnfitServer("it does not store microseconds")


def _kept_number(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {_TABLE} SET numero = LAST_INSERT_ID(numero + 7) WHERE texto = %s", (_KNOWN,))
        if (cursor.rowcount, cursor.lastrowid) != (1, 7):
            raise UnfitServer("an UPDATE does not return the number of LAST_INSERT_ID(expression)")


def _rollback(first: Connection, second: Connection) -> None:
    first.begin()
    _run(first, _INSERT, "desfeito")
    first.rollback()
    if _run(second, f"SELECT id FROM {_TABLE} WHERE texto = 'desfeito'"):
        raise UnfitServer("it does not roll back transactions")


def _isolation(first: Connection, second: Connection) -> None:
    found = f"SELECT id FROM {_TABLE} WHERE texto = 'depois'"
    first.begin()
    _run(first, found)
    _run(second, _INSERT, "depois")
    if not _run(first, found):
        raise UnfitServer("a transaction does not see rows that were committed after its beginning (READ COMMITTED)")
    first.rollback()


def _row_lock(first: Connection, second: Connection) -> None:
    first.begin()
    _run(first, f"SELECT id FROM {_TABLE} WHERE texto = %s FOR UPDATE", _KNOWN)
    if not _is_locked(second, _KNOWN):
        raise UnfitServer("SELECT ... FOR UPDATE does not lock a row")
    first.rollback()


def _key_lock(first: Connection, second: Connection) -> None:
    first.begin()
    _run(first, _INSERT, "chave")
    if not _is_locked(second, "chave"):
        raise UnfitServer("a unique key is not locked until its transaction ends")
    first.commit()
    if not _is_refused(second, _INSERT, "chave"):
        raise UnfitServer("it stores a unique key twice")
