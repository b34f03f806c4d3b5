"""Applies the migrations beside this file, each once; what an interrupted run left half done is finished.

Reads the DB_* settings. DDL commits by itself, so migrations run without a transaction and a killed run can leave
statements applied whose migration is not marked. When it runs again their "already there" is the expected answer.
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
# Rewriting a big table takes its time.
REWRITE_SECONDS = 24 * 60 * 60
# Table, column or key exists already; nothing to drop.
ALREADY_DONE = {1050, 1060, 1061, 1091}


class _ForgivingCursor(pymysql.cursors.Cursor):
    """Takes a statement whose effect is already there as done."""

    def execute(self, query: Any, args: Any = None) -> int:
        try:
            return super().execute(query, args)
        except pymysql.MySQLError as error:
            if error.args and error.args[0] in ALREADY_DONE:
                return 0
            raise


class _Backend(MySQLBackend):
    """yoyo's, on a connection of ours: TLS verified, session settings fixed."""

    def connect(self, _dburi):  # type: ignore[no-untyped-def]
        connection = connect(settings.read(settings.DatabaseSettings), REWRITE_SECONDS)
        connection.cursorclass = _ForgivingCursor
        return connection


def _plain_sql() -> MigrationList:
    """The .sql files beside this one; yoyo would take this program for a migration too."""
    return read_migrations(str(Path(__file__).parent)).filter(lambda migration: migration.path.endswith(".sql"))


def _migrate() -> list[str]:
    """Apply what is missing, and return its names. Raises SettingsError or pymysql's own errors."""
    where = settings.read(settings.DatabaseSettings)
    guard = connect(where)
    with guard.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, 2) AS got", (LOCK_NAME,))
        if cursor.fetchone()["got"] != 1:  # type: ignore[index]
            raise SettingsError("another migration of this database is running; try again when it has finished")
    backend = _Backend(parse_uri(f"mysql:///{where.db_name}"), "_yoyo_migration")
    backend.init_database()
    # Our own lock ends with its connection; a row in yoyo's is therefore left over from a killed run.
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
