"""Create databases and run the migrations as a program, as `make migrate` does."""

import os
import subprocess
import sys

import pymysql
import sqlparse
from migrate import is_done

from devcloud.database import DatabaseAddress
from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

STEPS = sorted(path.stem for path in (ROOT / "sql").glob("*.sql"))


def create_database(address: DatabaseAddress, name: str) -> settings.DatabaseSettings:
    """Create an empty database on this server. Returns its settings."""
    with pymysql.connect(
        host=address.host, port=address.port, user=address.user, password=address.password
    ) as connection:
        connection.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")
        connection.cursor().execute(f"CREATE DATABASE `{name}`")
    return settings.DatabaseSettings(
        db_host=address.host,
        db_port=address.port,
        db_user=address.user,
        db_password=address.password,  # type: ignore[arg-type]  # pydantic makes a secret of it
        db_name=name,
    )


def database_for_rows(where: settings.DatabaseSettings) -> Database:
    """Return the database for a test's own rows: a statement may take as long as a busy machine needs."""
    return Database(lambda: connect(where, HANG_SECONDS))


def environment(where: settings.DatabaseSettings) -> dict[str, str]:
    """Return the DB_* variables, and PYTHONPATH for the layer."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
        "DB_HOST": where.db_host,
        "DB_PORT": str(where.db_port),
        "DB_USER": where.db_user,
        "DB_PASSWORD": where.db_password.get_secret_value(),
        "DB_NAME": where.db_name,
    }


def migrate(where: settings.DatabaseSettings) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "sql/migrate.py")]
    return subprocess.run(command, env=environment(where), capture_output=True, text=True, timeout=HANG_SECONDS)


def statements(step: str) -> list[str]:
    """Return the statements of a migration."""
    return [one for one in sqlparse.split((ROOT / f"sql/{step}.sql").read_text(), strip_semicolon=True) if one]


def create_original(address: DatabaseAddress, name: str, collation: str = "utf8mb4_bin") -> settings.DatabaseSettings:
    """Create a database with the empty tables of the original FalaAI, whose texts have this collation."""
    where = create_database(address, name)
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        for statement in statements(STEPS[0]):
            cursor.execute(statement.replace("utf8mb4_bin", collation))
    return where


def apply(cursor: pymysql.cursors.Cursor, step: str, count: int | None = None) -> None:
    """Run the first `count` statements of a migration, or all, without a mark that they ran."""
    for statement in statements(step)[:count]:
        try:
            cursor.execute(statement)
        except pymysql.MySQLError as error:
            if not is_done(error, statement):
                raise


def schema(where: settings.DatabaseSettings) -> list[tuple[str, ...]]:
    sql = (
        "SELECT table_name, column_name, column_type, is_nullable, column_default, collation_name"
        " FROM information_schema.columns WHERE table_schema = %s AND table_name NOT LIKE '%%yoyo%%'"
        " ORDER BY table_name, ordinal_position"
    )
    rows = database_for_rows(where).list(sql, (where.db_name,))
    indexes = (
        "SELECT table_name, index_name, column_name, seq_in_index, non_unique FROM information_schema.statistics"
        " WHERE table_schema = %s AND table_name NOT LIKE '%%yoyo%%' ORDER BY 1, 2, 4"
    )
    more = database_for_rows(where).list(indexes, (where.db_name,))
    return [tuple(map(str, row.values())) for row in [*rows, *more]]
