"""Connections to the database with verified TLS, a session in UTC, and total time limits.

Connecting takes at most 2 s, a statement 5 s, waiting for a lock 2 s. The limits are totals, not for each read. A
statement that reaches its limit is ended at the server, so that it does not run at the same time as its retry.
"""

import ipaddress
import ssl
import time
from contextvars import Context
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.constants import CR
from pymysql.cursors import DictCursor

from falaai import settings
from falaai.deadlines import seconds_left
from falaai.logs import logger
from falaai.tls import public_authorities

CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 5.0
LOCK_WAIT_SECONDS = 2
# Total time for a second connection that ends a late statement.
KILL_SECONDS = 1.0
# The socket's timeout is changed in steps of this length, because setting it at every read is slow.
_STEP_SECONDS = 0.25

# TiDB alone reads the variable in the comment. With fair locking, it can give a lock to a statement that was ended
# while it waited; nothing then releases that lock for 20 seconds.
_SESSION = (
    "SET SESSION time_zone = '+00:00', /*T! tidb_pessimistic_txn_fair_locking = OFF, */ "
    f"innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, "
    "sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'"
)


if TYPE_CHECKING:
    _PyMySQL = pymysql.connections.Connection[DictCursor]
else:
    _PyMySQL = pymysql.connections.Connection


class Connection(_PyMySQL):
    """PyMySQL's connection with total time limits: for connecting, and for a statement with all its rows."""

    _rfile: Any
    _sock: Any
    _current_timeout: float
    server_thread_id: tuple[int, ...]

    def __init__(
        self,
        statement_seconds: float,
        connect_seconds: float = CONNECT_SECONDS,
        ends_late_statements: bool = True,
        **options: Any,
    ) -> None:
        self._statement_seconds = statement_seconds
        self._ends_late_statements = ends_late_statements
        self._options = options
        self._deadline = time.monotonic() + seconds_left(connect_seconds)
        self._is_connected = False
        super().__init__(**options)
        self._is_connected = True

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        if self._is_connected:
            seconds = seconds_left(self._statement_seconds)
            self._deadline = time.monotonic() + seconds
            self._read_timeout = self._write_timeout = max(seconds, 0.001)
        super()._execute_command(command, sql)  # type: ignore[misc]

    def extend_deadline(self) -> None:
        """Give a statement whose rows are read one by one its full time limit again."""
        self._deadline = time.monotonic() + self._statement_seconds
        self._sock.settimeout(self._statement_seconds)
        self._current_timeout = self._statement_seconds

    def _read_bytes(self, num_bytes: int) -> bytes:
        """Read like PyMySQL, but stop at the deadline even if bytes arrive one by one."""
        got = b""
        while len(got) < num_bytes:
            self._limit_wait()
            try:
                # Fill the buffer with all arrived bytes. read1 alone would make two system calls for each row.
                is_open = self._rfile.peek(1)
            except TimeoutError as error:
                raise self._late() from error
            except OSError as error:
                raise self._lost(type(error).__name__) from error
            if not is_open:
                raise self._lost("closed by the server")
            got += self._rfile.read1(num_bytes - len(got))
        return got

    def _limit_wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        if left < self._current_timeout - _STEP_SECONDS:
            self._sock.settimeout(left)
            self._current_timeout = left

    def _late(self) -> pymysql.OperationalError:
        """Close the connection at its deadline. End its statement at the server if `ends_late_statements`."""
        error = self._lost("deadline passed")
        if self._is_connected and self._ends_late_statements:
            Context().run(self._kill_query)  # an empty context has no deadline: the request may have no time left
        return error

    def _kill_query(self) -> None:
        """End the late statement by another connection, within KILL_SECONDS. If that fails, it runs on."""
        timeouts = dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), KILL_SECONDS)
        try:
            other = Connection(KILL_SECONDS, KILL_SECONDS, **(self._options | timeouts))
            other._is_connected = False  # keep the deadline of connecting, and kill no statement
            try:
                other.query(f"KILL QUERY {self.server_thread_id[0]}")
            finally:
                other._force_close()  # type: ignore[attr-defined]
        except pymysql.MySQLError as error:
            logger().warning("statement not ended at its deadline", extra={"reason": str(error)})

    def _lost(self, why: str) -> pymysql.OperationalError:
        self._force_close()  # type: ignore[attr-defined]
        return pymysql.OperationalError(CR.CR_SERVER_LOST, f"Lost connection to MySQL server: {why}")


def is_this_machine(host: str) -> bool:
    """Return whether `host` is a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authorities(pem: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pem) if pem else public_authorities()


def connect(
    where: settings.DatabaseSettings,
    statement_seconds: float = STATEMENT_SECONDS,
    ends_late_statements: bool = True,
) -> Connection:
    """Open a connection in autocommit mode, with its time zone set to UTC.

    To any other machine it uses TLS with a verified certificate and host name. An explicit context makes PyMySQL
    refuse a server without TLS; its option `ssl_ca` alone would verify nothing.
    """
    local = is_this_machine(where.db_host)
    connection = Connection(
        statement_seconds,
        ends_late_statements=ends_late_statements,
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
        read_timeout=CONNECT_SECONDS,
        write_timeout=CONNECT_SECONDS,
        ssl=None if local else _authorities(where.db_ca),
        ssl_disabled=local,
    )
    # Each statement must see the rows that are committed at its start: after waiting for a lock, a transaction needs
    # the rows of the previous holder.
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return connection
