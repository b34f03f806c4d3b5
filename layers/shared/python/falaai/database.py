"""Transactions over a small pool of connections.

TiDB Cloud drops a connection idle for 340 seconds, so connections are retired before that, and one that died
in the pool is replaced without the caller noticing.
"""

import queue
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar

import pymysql

from falaai import settings
from falaai.connections import Connection, connect
from falaai.deadlines import seconds_left
from falaai.errors import DatabaseUnavailable
from falaai.logs import logger

Result = TypeVar("Result")
Row = dict[str, Any]
Parameters = Sequence[Any]

IDLE_SECONDS = 240
POOL_SIZE = 10
ATTEMPTS = 3
PATIENCE_SECONDS = 8.0
PATIENCE_EVERY_SECONDS = 0.25

# Lock wait, deadlock, and TiDB's own: transaction too old or conflicting, schema changed, write conflict.
_TRANSIENT = frozenset({1205, 1213, 8002, 8005, 8022, 8028, 9007})
# Server gone, connection lost, killed, or closed by the server for being idle; 0 is PyMySQL's closed connection.
_LOST = frozenset({0, 1053, 1927, 2006, 2013, 2014, 2055, 4031})
# Over a limit of connections or resources, access taken back, TiDB's own unknown error.
_CLOSED = frozenset({1040, 1044, 1045, 1105, 1226})


@dataclass
class Statements:
    """What repositories run their SQL on: one connection, inside a transaction or not."""

    connection: Connection

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute; the number of rows changed (or found)."""
        with self.connection.cursor() as cursor:
            return cursor.execute(sql, parameters)

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute an INSERT; the AUTO_INCREMENT id it got."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.lastrowid

    def update_noting(self, sql: str, parameters: Parameters = ()) -> int | None:
        """Execute an UPDATE that notes a number of a row with LAST_INSERT_ID(expression); that number, or nothing if
        no row was changed. It spares the statement that would read it."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.lastrowid if cursor.rowcount else None

    def find(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, or nothing."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()

    def count(self, sql: str, parameters: Parameters = ()) -> int:
        """The one number that a SELECT COUNT gives."""
        row = self.find(sql, parameters)
        return int(next(iter(row.values()))) if row else 0

    def list(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())


@dataclass
class _Pooled:
    connection: Connection
    used_at: float = field(default_factory=time.monotonic)

    def is_stale(self) -> bool:
        return time.monotonic() - self.used_at > IDLE_SECONDS


# Written by every transaction, so that after a lost answer it can be asked whether it took place.
_MARK = "INSERT INTO transacoes (chave, feita_em) VALUES (%s, UTC_TIMESTAMP(6))"


class _Unit(Generic[Result]):
    """One transaction, run until it is known to have happened once.

    Each run begins with the same key in a table that takes a key once. When the answer to a commit is lost, the next
    run either finds the key, waiting for a commit still under way, and so knows that the first result stands; or it
    does not, and does the work.
    """

    def __init__(self, work: Callable[[Statements], Result]) -> None:
        self._work = work
        self._key = secrets.token_hex(16)
        self._done: list[Result] = []

    @property
    def is_in_doubt(self) -> bool:
        """Whether a commit was sent that nobody answered."""
        return bool(self._done)

    def run(self, connection: Connection) -> Result:
        sql = Statements(connection)
        connection.begin()
        try:
            if not self._is_first_time(sql):
                _roll_back(connection)
                return self._done[-1]
            result = self._work(sql)
        except BaseException:
            _roll_back(connection)
            raise
        self._done.append(result)
        connection.commit()
        return result

    def _is_first_time(self, sql: Statements) -> bool:
        try:
            return bool(sql.run(_MARK, (self._key,)))
        except pymysql.IntegrityError:
            return False


class Database:
    """Runs units of work. A unit is a function of Statements; it may run more than once, so it only touches the
    database and what it returns (queue messages excepted: those may arrive twice anyway)."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._idle: queue.LifoQueue[_Pooled] = queue.LifoQueue(POOL_SIZE)

    def autocommit(self, work: Callable[[Statements], Result], is_patient: bool = False) -> Result:
        """Run `work` without a transaction, each statement by itself; for reads and for writes that may repeat.

        A patient one waits some seconds for a database that restarts. Raises DatabaseUnavailable.
        """
        return self._patiently(lambda connection: work(Statements(connection)), lambda: is_patient)

    def transaction(self, work: Callable[[Statements], Result], is_patient: bool = False) -> Result:
        """Run `work` and commit, or roll back whatever it raised.

        The whole unit is repeated on a deadlock, a conflict or a lost connection, and takes effect exactly once even
        if the answer to its commit is what was lost. A patient one waits some seconds for a database that restarts,
        and so does one that may have happened already. Raises DatabaseUnavailable.
        """
        unit = _Unit(work)
        return self._patiently(unit.run, lambda: is_patient or unit.is_in_doubt)

    def _patiently(self, run: Callable[[Connection], Result], is_patient: Callable[[], bool]) -> Result:
        give_up_at = time.monotonic() + seconds_left(PATIENCE_SECONDS, reserve=1)
        while True:
            try:
                return self._attempt(run)
            except DatabaseUnavailable:
                if not is_patient() or time.monotonic() > give_up_at:
                    raise
            time.sleep(PATIENCE_EVERY_SECONDS)

    def _attempt(self, run: Callable[[Connection], Result]) -> Result:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._run_once(run)
            except (pymysql.OperationalError, pymysql.InterfaceError, pymysql.InternalError) as error:
                code = error.args[0] if error.args else None
                if code not in _TRANSIENT | _LOST:
                    raise _translated(error) from error
                logger().warning("database statement failed", extra={"mysql_error": code, "attempt": attempt})
                if attempt == ATTEMPTS or not seconds_left(1):
                    raise DatabaseUnavailable(f"MySQL error {code}, {attempt} times") from error
                if code in _LOST:
                    self._forget_idle()  # whatever cut one connection has probably cut the others
                else:
                    time.sleep(secrets.randbelow(50) / 1000 * attempt)  # jitter, so that two do not meet again
        raise AssertionError("unreachable")

    def _run_once(self, run: Callable[[Connection], Result]) -> Result:
        pooled = self._borrow()
        try:
            return run(pooled.connection)
        finally:
            self._return(pooled)

    def _borrow(self) -> _Pooled:
        while True:
            try:
                pooled = self._idle.get_nowait()
            except queue.Empty:
                return _Pooled(self._open())
            if pooled.connection.open and not pooled.is_stale():
                return pooled
            _close(pooled.connection)

    def _open(self) -> Connection:
        """A new connection, tried once: a server that is down is told of at once."""
        try:
            return self._connect()
        except pymysql.MySQLError as error:
            raise DatabaseUnavailable(f"no connection: MySQL error {error.args[:1]}") from error

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


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
    except pymysql.Error:
        _close(connection)  # the server rolls back what a closed connection left open


def _close(connection: Connection) -> None:
    if connection.open:
        connection.close()


def _translated(error: pymysql.Error) -> Exception:
    """A server that lets nobody do anything is an outage; a fault in our SQL stays what it is."""
    code = error.args[0] if error.args else None
    return DatabaseUnavailable(f"MySQL error {code}") if code in _CLOSED else error


@cache
def database() -> Database:
    """The process's database, from the environment; connects at the first statement."""
    return Database(lambda: connect(settings.read(settings.DatabaseSettings)))
