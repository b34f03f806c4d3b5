"""Apply each migration in this folder once, to the database of the DB_* settings.

DDL statements commit at once, so migrations run without a transaction. A killed run can leave a migration half
applied and not recorded. The next run applies it again and ignores the errors for parts that exist already.
"""

import sys
from pathlib import Path
from typing import Any

import pymysql
from yoyo import read_migrations
from yoyo.backends.core.mysql import MySQLBackend
from yoyo.connections import parse_uri
from yoyo.migrations import MigrationList

from falaai import settings
from falaai.connections import connect
from falaai.errors import SettingsError

LOCK_NAME = "falaai_migrate"
# Rewriting a large table can take hours.
REWRITE_SECONDS = 24 * 60 * 60
# A table, column or key exists already, or the one to drop does not exist.
ALREADY_DONE = {1050, 1060, 1061, 1091}


class _ForgivingCursor(pymysql.cursors.Cursor):
    """Ignore the error of a statement whose effect exists already."""

    def execute(self, query: Any, args: Any = None) -> int:
        try:
            return super().execute(query, args)
        except pymysql.MySQLError as error:
            if error.args and error.args[0] in ALREADY_DONE:
                return 0
            raise


class _Backend(MySQLBackend):
    """yoyo's backend on one of our connections, with verified TLS and fixed session settings."""

    def connect(self, _dburi):  # type: ignore[no-untyped-def]
        connection = connect(settings.read(settings.DatabaseSettings), REWRITE_SECONDS)
        connection.cursorclass = _ForgivingCursor
        return connection


def _plain_sql() -> MigrationList:
    """Return the .sql files of this folder. Without the filter, yoyo would also run this file as a migration."""
    return read_migrations(str(Path(__file__).parent)).filter(lambda migration: migration.path.endswith(".sql"))


def _migrate() -> list[str]:
    """Apply the missing migrations. Returns their names. Raises SettingsError and pymysql's errors."""
    where = settings.read(settings.DatabaseSettings)
    guard = connect(where)
    with guard.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 2) AS got", (LOCK_NAME,))
        if cursor.fetchone()["got"] != 1:  # type: ignore[index]
            raise SettingsError("another migration of this database is running; try again when it has finished")
    backend = _Backend(parse_uri(f"mysql:///{where.db_name}"), "_yoyo_migration")
    backend.init_database()
    # GET_LOCK ends with its connection, so only one run gets here: a row in yoyo's own lock is from a killed run.
    if backend.execute("SELECT pid FROM yoyo_lock").fetchone():
        print("migrate: an earlier run was interrupted; finishing its work", file=sys.stderr)
        backend.break_lock()
    missing = backend.to_apply(_plain_sql())
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


def main() -> int:
    try:
        applied = _migrate()
    except SettingsError as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 1
    except pymysql.MySQLError as error:
        print(f"migrate: {_sentence(error, settings.read(settings.DatabaseSettings))}", file=sys.stderr)
        return 1
    print(f"migrate: {len(applied)} applied" if applied else "migrate: nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
