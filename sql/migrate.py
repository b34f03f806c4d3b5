"""Apply each migration in this folder once, to the database of the DB_* settings.

A restore passes `--restoring N` to apply the first N alone, to a database that others must not use yet.

DDL statements commit at once, so migrations run without a transaction. A killed run can leave a migration half
applied and not recorded. The next run applies it again and ignores the errors for parts that exist already.
"""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pymysql
from server_check import UnfitServer, check_server
from yoyo import read_migrations
from yoyo.backends.core.mysql import MySQLBackend
from yoyo.connections import parse_uri
from yoyo.migrations import MigrationList

from falaai import settings
from falaai.connections import Connection, connect
from falaai.errors import SettingsError

LOCK_NAME = "falaai_migrate"
# TiDB Cloud's public endpoint silently drops a connection on which no byte was sent for 340 s.
ANSWER_SECONDS = 300.0
# Rewriting a large table can take hours.
REWRITE_SECONDS = 24 * 60 * 60
RECONNECT_SECONDS = 60.0
PAUSE_SECONDS = 1.0
KEEP_LOCK_SECONDS = 60.0
# A table, column, key or foreign key exists already, or the one to drop does not exist.
ALREADY_DONE = {1050, 1060, 1061, 1091, 1826}
# The connection was lost; or an earlier run of the same statement still holds its locks.
UNFINISHED = {1205, 2006, 2013}
# This table exists while a backup is restored. The same name is in operations/backups/restoring.py.
RESTORING = "restauracao_incompleta"


def is_done(error: pymysql.MySQLError, statement: str) -> bool:
    """Return whether the error says that the effect of the statement exists already."""
    code, text = (*error.args, "", "")[:2]
    # MariaDB's errors for a column that has its new name, and for a foreign key that exists.
    is_renamed = code == 1054 and "RENAME COLUMN" in statement
    has_foreign_key = code == 1005 and "errno: 121" in str(text)
    # TiDB checks the foreign keys of a table that exists already. Migration 0015 has given it wider ids since.
    # If the table were missing, the next statement about it would fail.
    is_widened = code == 3780 and "CREATE TABLE IF NOT EXISTS" in statement
    return code in ALREADY_DONE or is_renamed or has_foreign_key or is_widened


def is_under_way(error: pymysql.MySQLError) -> bool:
    """Return whether the error says that the index is still being built, as TiDB does after a lost connection."""
    code, text = (*error.args, "", "")[:2]
    return code == 1061 and "background job" in str(text)


class RetryingCursor(pymysql.cursors.Cursor):
    """Ignore errors of statements whose effect exists already, and wait for statements that outlive their connection.

    After a lost connection the server may still be at work. Therefore the statement is sent again until it has an
    answer: the second run waits for the first, and then finds that its effect exists. Every migration may be
    repeated.
    """

    connection: Any

    def __init__(self, backend: "_Backend") -> None:
        super().__init__(backend.connection)
        self._backend = backend

    def execute(self, query: Any, args: Any = None) -> int:
        give_up_at = time.monotonic() + REWRITE_SECONDS
        while True:
            try:
                return super().execute(query, args)
            except pymysql.MySQLError as error:
                if is_done(error, str(query)) and not is_under_way(error):
                    return 0
                may_wait = is_under_way(error) or (
                    error.args[0] in UNFINISHED and not self._backend.is_in_transaction
                )
                if not may_wait or time.monotonic() > give_up_at:
                    raise
            self._wait_for_server()

    def _wait_for_server(self) -> None:
        print("migrate: the server is still at work; waiting for it", file=sys.stderr, flush=True)
        time.sleep(PAUSE_SECONDS)
        self.connection = self._backend.reconnected()


class _Backend(MySQLBackend):
    """yoyo's backend on one of our connections, with verified TLS and fixed session settings."""

    def connect(self, _dburi):  # type: ignore[no-untyped-def]
        where = settings.read(settings.DatabaseSettings)
        return connect(where, ANSWER_SECONDS, ends_late_statements=False)

    def cursor(self):  # type: ignore[no-untyped-def]
        return RetryingCursor(self)

    @property
    def is_in_transaction(self) -> bool:
        return bool(self._in_transaction)

    def reconnected(self) -> Connection:
        """Return an open connection, a new one if the present one was lost. It waits for a server that restarts."""
        give_up_at = time.monotonic() + RECONNECT_SECONDS
        while not self._connection.open:
            try:
                self._connection = self.connect(self.uri)
            except pymysql.OperationalError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(PAUSE_SECONDS)
        return self._connection  # type: ignore[no-any-return]


class _Lock:
    """The lock that only one run holds at a time. It ends with its connection, which a thread keeps in use."""

    def __init__(self, where: settings.DatabaseSettings) -> None:
        self._where = where
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> None:
        self._connection = self._locked()
        self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        self._released.set()
        self._thread.join()
        self._connection.close()

    def _locked(self) -> Connection:
        """Open a connection that holds the lock. Raises SettingsError if another run holds it."""
        connection = connect(self._where)
        with connection.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK(%s, 2) AS got", (LOCK_NAME,))
            if (cursor.fetchone() or {})["got"] != 1:
                connection.close()
                raise SettingsError("another migration of this database is running; try again when it has finished")
        return connection

    def _keep(self) -> None:
        while not self._released.wait(KEEP_LOCK_SECONDS):
            try:
                if self._connection.open:
                    self._connection.ping(reconnect=False)
                else:
                    self._connection = self._locked()
            except (pymysql.MySQLError, SettingsError) as error:
                print(f"migrate: the lock of this run is lost: {error}", file=sys.stderr, flush=True)


def _plain_sql(first: int | None) -> MigrationList:
    """Return the .sql files of this folder, or the first of them. yoyo would also run this file as a migration."""
    folder = Path(__file__).parent
    wanted = sorted(path.stem for path in folder.glob("*.sql"))[:first]
    return read_migrations(str(folder)).filter(lambda migration: migration.id in wanted)


def _refuse_interrupted_restore(where: settings.DatabaseSettings) -> None:
    with connect(where) as connection, connection.cursor() as cursor:
        if cursor.execute("SHOW TABLES LIKE %s", (RESTORING,)):
            raise SettingsError(
                "the database holds an interrupted restore; drop the database, create it, and restore again"
            )


def _migrate(restoring: int | None) -> list[str]:
    """Apply the missing migrations, or those of the first `restoring`. Returns their names.

    Raises SettingsError, UnfitServer and pymysql's errors.
    """
    where = settings.read(settings.DatabaseSettings)
    with _Lock(where):
        if restoring is None:
            _refuse_interrupted_restore(where)
        check_server(lambda: connect(where))
        backend = _Backend(parse_uri(f"mysql:///{where.db_name}"), "_yoyo_migration")
        backend.init_database()
        # GET_LOCK ends with its connection, so only one run gets here: a row in yoyo's own lock is from a killed run.
        if backend.execute("SELECT pid FROM yoyo_lock").fetchone():
            print("migrate: an earlier run was interrupted; finishing its work", file=sys.stderr)
            backend.break_lock()
        missing = backend.to_apply(_plain_sql(restoring))
        with backend.lock():
            for migration in missing:
                print(f"migrate: {migration.id}", flush=True)
                backend.apply_one(migration)
        return [migration.id for migration in missing]


def _sentence(error: pymysql.MySQLError, where: settings.DatabaseSettings) -> str:
    address = f"{where.db_host}:{where.db_port}"
    code, text = (*error.args, "")[:2] if error.args else (0, "")
    known = {
        1044: f"the user {where.db_user} may not use the database {where.db_name} at {address}",
        1045: f"the database at {address} refused the user {where.db_user}: wrong DB_USER or DB_PASSWORD",
        1049: f"the server at {address} has no database named {where.db_name}; create it or change DB_NAME",
        2003: f"no database answers at {address}; check DB_HOST and DB_PORT",
    }
    return known.get(code, f"the database at {address} said: {text}")


def main(*arguments: str) -> int:
    try:
        applied = _migrate(int(arguments[1]) if arguments[:1] == ("--restoring",) else None)
    except SettingsError as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 1
    except UnfitServer as error:
        where = settings.read(settings.DatabaseSettings)
        print(f"migrate: the server at {where.db_host}:{where.db_port} cannot hold FalaAI: {error}", file=sys.stderr)
        return 1
    except pymysql.MySQLError as error:
        print(f"migrate: {_sentence(error, settings.read(settings.DatabaseSettings))}", file=sys.stderr)
        return 1
    print(f"migrate: {len(applied)} applied" if applied else "migrate: nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
