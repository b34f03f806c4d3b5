"""Transactions over a small pool of PyMySQL connections.

TiDB Cloud drops a connection idle for 340 seconds, so connections are retired before that, and one that died
in the pool is replaced without the caller noticing. Numbers of deadlines: connect 2 s, read 5 s, lock wait 2 s.
"""

import ipaddress
import queue
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import DictCursor

from falaai import settings
from falaai.errors import DatabaseUnavailable
from falaai.logs import logger

Result = TypeVar("Result")
Row = dict[str, Any]
Parameters = Sequence[Any]

CONNECT_SECONDS = 2
READ_SECONDS = 5
LOCK_WAIT_SECONDS = 2
IDLE_SECONDS = 240
POOL_SIZE = 10
ATTEMPTS = 3

# Lock wait, deadlock, and TiDB's own: transaction too old or conflicting, schema changed, write conflict.
_TRANSIENT = frozenset({1205, 1213, 8002, 8005, 8022, 8028, 9007})
# Server gone, connection lost, killed, or closed by the server for being idle; 0 is PyMySQL's closed connection.
_LOST = frozenset({0, 1053, 1927, 2006, 2013, 2014, 2055, 4031})

_SESSION = (
    "SET SESSION time_zone = '+00:00', "
    f"innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, "
    "sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'"
)


def is_this_machine(host: str) -> bool:
    """Whether a connection to `host` cannot leave this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def connect(where: settings.DatabaseSettings) -> "Connection[DictCursor]":
    """A new connection in autocommit mode, its clock in UTC.

    Anywhere but this machine it is TLS with a verified certificate and host name: an explicit context makes
    PyMySQL refuse a server without TLS, where its `ssl_ca` option alone would verify nothing.
    """
    local = is_this_machine(where.db_host)
    connection = pymysql.connect(
        host=where.db_host,
        port=where.db_port,
        user=where.db_user,
        password=where.db_password.get_secret_value(),
        database=where.db_name,
        charset="utf8mb4",
        collation="utf8mb4_bin",
        autocommit=True,
        cursorclass=DictCursor,
        init_command=_SESSION,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        ssl=None if local else ssl.create_default_context(cadata=where.db_ca or None),
        ssl_disabled=local,
    )
    # Each statement sees what is committed by then: after waiting for a row's lock one must see what its last
    # holder wrote, and TiDB would otherwise show the state at BEGIN.
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return connection


@dataclass
class Statements:
    """What repositories run their SQL on: one connection, inside a transaction or not."""

    connection: "Connection[DictCursor]"

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute; the number of rows changed (or found)."""
        with self.connection.cursor() as cursor:
            return cursor.execute(sql, parameters)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute an INSERT; the AUTO_INCREMENT id it got."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.lastrowid

    def find(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or nothing."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()

    def list(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())


@dataclass
class _Pooled:
    connection: "Connection[DictCursor]"
    used_at: float = field(default_factory=time.monotonic)

    def is_stale(self) -> bool:
        return time.monotonic() - self.used_at > IDLE_SECONDS


class Database:
    """Runs units of work. A unit is a function of Statements; it may run more than once, so it only touches the
    database and what it returns (queue messages excepted: those may arrive twice anyway)."""

    def __init__(self, connect: "Callable[[], Connection[DictCursor]]") -> None:
        self._connect = connect
        self._idle: queue.LifoQueue[_Pooled] = queue.LifoQueue(POOL_SIZE)

    def autocommit(self, work: Callable[[Statements], Result]) -> Result:
        """Run `work` without a transaction, each statement by itself; for reads and for writes that may repeat.

        Raises DatabaseUnavailable.
        """
        return self._attempt(lambda connection: work(Statements(connection)))

    def transaction(self, work: Callable[[Statements], Result]) -> Result:
        """Run `work` and commit, or roll back whatever it raised.

        The whole unit is repeated on a deadlock, a conflict or a connection lost before the commit. If the
        answer to the commit itself is lost nobody knows whether it happened: that raises DatabaseUnavailable.
        """
        return self._attempt(lambda connection: self._run_transaction(connection, work))

    def _attempt(self, run: "Callable[[Connection[DictCursor]], Result]") -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                pooled = self._borrow()
                try:
                    result = run(pooled.connection)
                except BaseException:
                    self._return(pooled)
                    raise
                self._return(pooled)
                return result
            except (pymysql.OperationalError, pymysql.InterfaceError, pymysql.InternalError) as error:
                code = error.args[0] if error.args else None
                if code not in _TRANSIENT | _LOST:
                    raise _translated(error) from error
                logger().warning("database statement failed", extra={"mysql_error": code, "attempt": attempt})
                if code in _LOST:
                    self._forget_idle()  # whatever cut one connection has probably cut the others
                else:
                    time.sleep(secrets.randbelow(50) / 1000 * attempt)  # jitter, so that two do not meet again
                if attempt == ATTEMPTS:
                    raise DatabaseUnavailable(f"MySQL error {code}, {attempt} times") from error
        raise AssertionError("unreachable")

    @staticmethod
    def _run_transaction(connection: "Connection[DictCursor]", work: Callable[[Statements], Result]) -> Result:
        connection.begin()
        try:
            result = work(Statements(connection))
        except BaseException:
            _roll_back(connection)
            raise
        try:
            connection.commit()
        except (pymysql.OperationalError, pymysql.InterfaceError) as error:
            if error.args and error.args[0] in _LOST:
                raise DatabaseUnavailable("the answer to a commit was lost") from error
            raise
        return result

    def _borrow(self) -> _Pooled:
        while True:
            try:
                pooled = self._idle.get_nowait()
            except queue.Empty:
                return _Pooled(self._connect())
            if pooled.connection.open and not pooled.is_stale():
                return pooled
            _close(pooled.connection)

    def _return(self, pooled: _Pooled) -> None:
        pooled.used_at = time.monotonic()
        try:
            if pooled.connection.open:
                self._idle.put_nowait(pooled)
        except queue.Full:
            _close(pooled.connection)

    def _forget_idle(self) -> None:
        while True:
            try:
                _close(self._idle.get_nowait().connection)
            except queue.Empty:
                return


def _roll_back(connection: "Connection[DictCursor]") -> None:
    try:
        connection.rollback()
    except pymysql.Error:
        _close(connection)  # the server rolls back what a closed connection left open


def _close(connection: "Connection[DictCursor]") -> None:
    if connection.open:
        connection.close()


def _translated(error: pymysql.Error) -> Exception:
    """Failures to connect or to be let in become our own; a fault in our SQL stays what it is."""
    code = error.args[0] if error.args else None
    connecting = {1040, 1044, 1045, 1049, 1105, 1129, 1130, 1226, 2002, 2003, 2005, 2026}
    return DatabaseUnavailable(f"MySQL error {code}") if code in connecting else error


@cache
def database() -> Database:
    """The process's database, from the environment; connects at the first statement."""
    return Database(lambda: connect(settings.read(settings.DatabaseSettings)))
