"""Statements and transactions over a small pool of connections.

TiDB Cloud closes a connection that is idle for 340 seconds. The pool closes its connections before that, and
replaces a lost connection without an error for the caller.
"""

import builtins
import queue
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
RESTART_SECONDS = 8.0
RESTART_PAUSE_SECONDS = 0.25

# MySQL errors after which the same transaction may succeed: lock wait timeout and deadlock. On MariaDB from 11.6.2
# on also 1020: another transaction changed a row since the statement began. On TiDB also: transaction too old or in
# conflict, schema changed, write conflict, storage or clock timed out or busy, lock not resolved, region not
# available. TiDB with embedded storage reports a lock wait timeout as 1105, its code for any other error.
_TRANSIENT = frozenset({1020, 1105, 1205, 1213, 8002, 8005, 8022, 8028, 9001, 9002, 9003, 9004, 9005, 9007})
# Errors of a lost connection: server not reachable; connection lost, killed, or closed as idle. PyMySQL uses 0 for a
# closed connection.
_LOST = frozenset({0, 1053, 1927, 2006, 2013, 2014, 2055, 4031})
# Errors of a server that refuses work: too many connections or resources, access denied. On TiDB also: request units
# used up.
_UNAVAILABLE = frozenset({1040, 1044, 1045, 1226, 8252})
# TiDB's error for a transaction that writes more than it accepts. A retry cannot help.
_TOO_LARGE = 8004
_DRIVER_ERRORS = (pymysql.OperationalError, pymysql.InterfaceError, pymysql.InternalError)


@dataclass(frozen=True)
class Executed:
    """Result of a statement. `inserted_id` is the AUTO_INCREMENT id, or the value of LAST_INSERT_ID(expression)."""

    count: int
    inserted_id: int
    rows: Sequence[Row]


class Statements(ABC):
    """Runs SQL for repositories: a Database runs each statement alone, a Transaction runs them together."""

    @abstractmethod
    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        """Run one statement and read all of its rows."""

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a statement. Returns the number of rows that it changed or found."""
        return self.execute(sql, parameters).count

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Run an INSERT. Returns the AUTO_INCREMENT id of the row."""
        return self.execute(sql, parameters).inserted_id

    def update_returning(self, sql: str, parameters: Parameters = ()) -> int | None:
        """Return the number that an UPDATE set by LAST_INSERT_ID(expression), or None if it changed no row."""
        executed = self.execute(sql, parameters)
        return executed.inserted_id if executed.count else None

    def find(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row, or None."""
        rows = self.execute(sql, parameters).rows
        return rows[0] if rows else None

    def count(self, sql: str, parameters: Parameters = ()) -> int:
        """Run a SELECT COUNT. Returns its number."""
        row = self.find(sql, parameters)
        return int(next(iter(row.values()))) if row else 0

    def list(self, sql: str, parameters: Parameters = ()) -> builtins.list[Row]:
        """Return every row."""
        return [*self.execute(sql, parameters).rows]


@dataclass
class Transaction(Statements):
    """Statements on one connection that the caller commits or rolls back."""

    connection: Connection

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        with self.connection.cursor() as cursor:
            count = cursor.execute(sql, parameters)
            return Executed(count, cursor.lastrowid, cursor.fetchall())


@dataclass
class _Pooled:
    connection: Connection
    used_at: float = field(default_factory=time.monotonic)

    def is_stale(self) -> bool:
        return time.monotonic() - self.used_at > IDLE_SECONDS


# A transaction inserts its key, so that a retry after a lost answer can tell whether it committed.
_MARK = "INSERT INTO transacoes (chave, feita_em) VALUES (%s, UTC_TIMESTAMP(6))"


class _IdempotentTransaction(Generic[Result]):
    """One transaction, repeated until it is known to have committed once.

    Each run first inserts the same key into a table that accepts a key once. If the answer to a COMMIT is lost, the
    INSERT of the next run waits until that COMMIT has ended. A duplicate key then proves that this COMMIT took
    effect, so its run's result is returned. Otherwise the work is done again.

    Work that stores a key of its own in the rows it writes needs no row in that table: the next run calls
    `has_committed`, which must wait until a running COMMIT has ended.
    """

    def __init__(
        self, work: Callable[[Statements], Result], has_committed: Callable[[Statements], bool] | None = None
    ) -> None:
        self._work = work
        self._has_committed = has_committed or self._has_key
        self._is_marked = has_committed is None
        self._key = new_transaction_key()
        self._done: list[Result] = []

    @property
    def commit_unknown(self) -> bool:
        """Return whether a COMMIT was sent and its answer was lost."""
        return bool(self._done)

    def run(self, connection: Connection) -> Result:
        sql = Transaction(connection)
        connection.begin()
        try:
            if (self._is_marked or self.commit_unknown) and self._has_committed(sql):
                _roll_back(connection)
                return self._done[-1]
            result = self._work(sql)
        except BaseException:
            _roll_back(connection)
            raise
        self._done.append(result)
        connection.commit()
        return result

    def _has_key(self, sql: Statements) -> bool:
        """Insert the key. Returns whether an earlier run of this transaction has committed it."""
        try:
            sql.run(_MARK, (self._key,))
        except pymysql.IntegrityError:
            return True
        return False


def new_transaction_key() -> str:
    """Return a random key of 32 characters."""
    return secrets.token_hex(16)


class Database(Statements):
    """A pool of connections. Single statements run on it directly, in autocommit mode.

    Every method raises DatabaseUnavailable. A statement may run more than once if its answer is lost, so a write
    outside a transaction must be safe to repeat.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._idle: queue.LifoQueue[_Pooled] = queue.LifoQueue(POOL_SIZE)

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        return self._retry(lambda connection: Transaction(connection).execute(sql, parameters))

    def waiting_for_restart(self) -> Statements:
        """Return this database for single statements that wait up to RESTART_SECONDS for a server that restarts."""
        return _WaitingForRestart(self)

    def transaction(
        self, work: Callable[[Statements], Result], has_committed: Callable[[Statements], bool] | None = None
    ) -> Result:
        """Run `work` and commit; roll back if it raises.

        All of it is repeated on a deadlock, a conflict or a lost connection, and it takes effect exactly once even if
        the answer to its COMMIT is lost. In that case it also waits for a server that restarts. `work` may run more
        than once, so it only uses the database, and sends queue messages, which may arrive twice anyway.

        `has_committed` is for work that stores a key of its own in the rows it writes. It is called only after a lost
        answer, and must first wait for a lock that the lost run holds. Without `has_committed`, a row in `transacoes`
        is written.
        """
        unit = _IdempotentTransaction(work, has_committed)
        return self._retry(unit.run, lambda: unit.commit_unknown)

    def _retry(
        self, work: Callable[[Connection], Result], wait_for_restart: Callable[[], bool] = lambda: False
    ) -> Result:
        """Run `work` on a connection, up to ATTEMPTS times; for RESTART_SECONDS if it waits for a restart."""
        give_up_at = time.monotonic() + seconds_left(RESTART_SECONDS, reserve=1)
        failed = 0
        while True:
            try:
                with self._connection() as connection:
                    return work(connection)
            except _DRIVER_ERRORS as error:
                failed += 1
                if self._can_retry(error, failed):
                    continue
                failure = _translated(error)
            except DatabaseUnavailable as error:
                failure = error
            if (
                not isinstance(failure, DatabaseUnavailable)
                or not wait_for_restart()
                or time.monotonic() > give_up_at
            ):
                raise failure
            failed = 0
            time.sleep(RESTART_PAUSE_SECONDS)

    def _can_retry(self, error: pymysql.Error, failed: int) -> bool:
        """Log a failure after which a retry may succeed, and prepare the retry. Returns False for other failures."""
        code = _code(error)
        if code not in _TRANSIENT | _LOST:
            return False
        logger().warning("database statement failed", extra={"mysql_error": code, "attempt": failed})
        if failed == ATTEMPTS or not seconds_left(1):
            return False
        if code in _LOST:
            self._forget_idle()  # the server has probably closed the other connections too
        else:
            time.sleep(secrets.randbelow(50) / 1000 * failed)  # random, so that two transactions do not collide again
        return True

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        pooled = self._borrow()
        try:
            yield pooled.connection
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
        """Open a connection without a retry: a server that is down is reported at once."""
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
        _close(connection)  # the server rolls back the open transaction of a closed connection


def _close(connection: Connection) -> None:
    if connection.open:
        connection.close()


def _code(error: pymysql.Error) -> int | None:
    return error.args[0] if error.args else None


def _translated(error: pymysql.Error) -> Exception:
    """Return DatabaseUnavailable for an outage. Any other error, such as one in our SQL, is returned unchanged."""
    code = _code(error)
    if code not in _TRANSIENT | _LOST | _UNAVAILABLE | {_TOO_LARGE}:
        return error
    reason = "the transaction is larger than the server accepts: MySQL error" if code == _TOO_LARGE else "MySQL error"
    failure = DatabaseUnavailable(f"{reason} {code}")
    failure.__cause__ = error
    return failure


@dataclass(frozen=True)
class _WaitingForRestart(Statements):
    database: Database

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        def work(connection: Connection) -> Executed:
            return Transaction(connection).execute(sql, parameters)

        return self.database._retry(work, lambda: True)  # noqa: SLF001 - the same module


@cache
def database() -> Database:
    """Return the process's database. It reads the environment and connects at the first statement."""
    return Database(lambda: connect(settings.read(settings.DatabaseSettings)))
