"""Two actions on the database at once: one stops between two statements while the other runs."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from falaai import connections, settings
from falaai.connections import Connection, connect
from falaai.database import Database, Row
from tests.support.rows import Rows
from tests.support.waiting import wait_until

RUNNING = "SELECT id, info FROM information_schema.processlist WHERE command = 'Query' AND id <> CONNECTION_ID()"
# A statement that is seen so often, 0.05 s apart, waits for a lock; the server's list of locks needs a privilege.
SEEN_TIMES = 3


@dataclass
class Watch:
    """Tells whether a statement of another connection waits."""

    rows: Rows
    seen: list[list[Row]] = field(default_factory=list)

    def sees_waiting(self) -> bool:
        self.seen.append(self.rows.list(RUNNING))
        last = self.seen[-SEEN_TIMES:]
        return bool(last[-1]) and last == [last[-1]] * SEEN_TIMES


class StoppedConnection(Connection):
    """Does something else right before it sends one of its statements, and once only."""

    until_stop = 0
    instead: Callable[[], None]

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        self.until_stop -= 1
        if self.until_stop == 0:
            self.instead()
        super()._execute_command(command, sql)


@dataclass
class Race:
    """One thing is stopped before its statement number `stop`; the other begins and goes on until it is done or waits
    for a lock of the first."""

    where: settings.DatabaseSettings
    rows: Rows
    has_foreign_keys: bool = True

    def run(
        self, stop: int, first: Callable[[Database], object], second: Callable[[Database], object]
    ) -> tuple[bool, "Future[object]"]:
        """Return whether the first was stopped in its course, and the result of the second."""
        with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
            begun: list[Future[object]] = []

            def begin_second() -> None:
                begun.append(pool.submit(second, Database(self._connect)))
                watch = Watch(self.rows)
                wait_until(lambda: begun[0].done() or watch.sees_waiting(), "the second ends or waits")

            patch.setattr(connections, "Connection", StoppedConnection)
            connection = self._connect()
            assert isinstance(connection, StoppedConnection)
            connection.until_stop, connection.instead = stop, begin_second
            first(Database(lambda: connection))
            if not begun:
                return False, pool.submit(second, Database(self._connect))
            return True, begun[0]

    def _connect(self) -> Connection:
        connection = connect(self.where)
        if not self.has_foreign_keys:
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION foreign_key_checks = 0")
        return connection
