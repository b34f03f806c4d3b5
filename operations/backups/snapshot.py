"""Read all tables at one moment.

START TRANSACTION WITH CONSISTENT SNAPSHOT under REPEATABLE READ gives one moment for all tables on MariaDB, MySQL and
TiDB, while writes go on. TiDB keeps the old versions of rows as long as this transaction is open.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pymysql.cursors import Cursor, SSCursor

from falaai.connections import Connection, connect
from falaai.settings import DatabaseSettings
from operations.backups.archive import Table, encode
from operations.backups.errors import BackupError

# Time limit in seconds for the rows of one part, and for every other statement.
STALL_SECONDS = 300
LEDGER = "_yoyo_migration"
# The lock of `sql/migrate.py`: no migration may run while a snapshot is read.
_LOCK = "falaai_migrate"
_MOMENT = (
    f"SET SESSION net_write_timeout = {2 * STALL_SECONDS}",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
)


def open_exact(where: DatabaseSettings) -> Connection:
    """Open a connection that returns values as the server writes them: as text, as bytes, or None."""
    connection = connect(where, STALL_SECONDS)
    connection.decoders = {}
    return connection


@contextmanager
def snapshot(where: DatabaseSettings) -> Iterator[Connection]:
    """Open a connection that sees all tables as they are now. Raises BackupError while a migration runs."""
    connection = open_exact(where)
    try:
        if fetch(connection, "SELECT GET_LOCK(%s, 2)", _LOCK) != [("1",)]:
            raise BackupError("a migration of this database is running; try again when it has finished")
        for statement in _MOMENT:
            fetch(connection, statement)
        yield connection
    finally:
        connection.close()


def fetch(connection: Connection, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement. Returns all its rows as tuples."""
    with connection.cursor(Cursor) as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def list_tables(connection: Connection) -> list[Table]:
    """Return all tables of the database, by name, without generated columns."""
    tables = fetch(
        connection,
        "SELECT table_name, auto_increment FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
    )
    columns = fetch(
        connection,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
        " AND COALESCE(generation_expression, '') = '' ORDER BY table_name, ordinal_position",
    )
    keys = fetch(
        connection,
        "SELECT table_name, column_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
        " AND index_name = 'PRIMARY' ORDER BY table_name, seq_in_index",
    )
    return [
        Table(
            name,
            [column for table, column in columns if table == name],
            [column for table, column in keys if table == name],
            int(next_id) if next_id else None,
        )
        for name, next_id in tables
    ]


# A backup has no row of a temporary conversation, which must leave nothing. The keys are tables.
_SAVED = {
    "conversas": "temporaria = FALSE",
    "mensagens": "id_conversa NOT IN (SELECT id FROM conversas WHERE temporaria_em > '2000-01-01')",
}
_HAS_TEMPORARY = (
    "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'conversas'"
    " AND column_name = 'temporaria'"
)


def read_rows(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield the rows to save as JSON lines, by primary key.

    They come from the server one by one, so memory stays flat.
    """
    is_limited = table.name in _SAVED and bool(fetch(connection, _HAS_TEMPORARY))
    condition = f" WHERE {_SAVED[table.name]}" if is_limited else ""
    with connection.cursor(SSCursor) as cursor:
        order = f" ORDER BY {names(table.key)}" if table.key else ""
        cursor.execute(f"SELECT {names(table.columns)} FROM {names([table.name])}{condition}{order}")  # noqa: S608 - names
        for row in cursor:
            yield encode(row)
            connection.extend_deadline()


def applied_migrations(connection: Connection, tables: list[Table]) -> list[str]:
    """Return the names of the migrations that the database has, oldest first."""
    if LEDGER not in {table.name for table in tables}:
        return []
    return sorted(row[0] for row in fetch(connection, f"SELECT migration_id FROM {LEDGER}"))  # noqa: S608 - constant


def now(connection: Connection) -> datetime:
    return datetime.fromisoformat(fetch(connection, "SELECT UTC_TIMESTAMP(6)")[0][0])


def names(identifiers: list[str]) -> str:
    """Return the identifiers in backquotes, separated by commas."""
    return ", ".join("`" + one.replace("`", "``") + "`" for one in identifiers)
