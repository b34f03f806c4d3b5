"""Fill an empty database from a backup, and compare a database with a backup.

A table named MARKER is created before the first row and dropped in the last step, so an interrupted restore is never
mistaken for a complete database: `sql/migrate.py`, and with it every deployment, refuses it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from falaai.connections import Connection, connect
from falaai.database import Database
from falaai.repositories import personal_data
from falaai.settings import DatabaseSettings
from operations.backups.archive import BackupReader, Digest, Table, decode
from operations.backups.errors import BackupError
from operations.backups.snapshot import (
    LEDGER,
    STALL_SECONDS,
    applied_migrations,
    fetch,
    list_tables,
    names,
    open_exact,
    read_rows,
)
from operations.deployment import ROOT

# sql/migrate.py has the same name as RESTORING.
MARKER = "restauracao_incompleta"
DELETED_ACCOUNTS = "contas_apagadas"
# Largest size of one INSERT, which is a transaction of its own: TiDB limits the size of a transaction.
_BATCH_BYTES = 2**20
_BATCH_ROWS = 1000
_DELETED_ROWS = 10_000
# Foreign keys are not checked, so tables may be filled in any order; the snapshot is consistent. In sql_mode, an id
# of 0 stays 0, and a value that does not fit its column is an error.
_EXACT = (
    "SET SESSION foreign_key_checks = 0",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'",
)
# Accounts whose id is a deleted one. An account that registered later than the deletion is a new account with the
# same id. The extra second is needed because registration times have whole seconds.
_DELETED_SINCE = (
    f"SELECT u.id FROM usuarios u JOIN {DELETED_ACCOUNTS} d ON d.id = u.id"  # noqa: S608 - constant
    " WHERE u.data_registro <= d.apagada_em + INTERVAL 1 SECOND"
)
DeletedAccounts = dict[int, datetime]


def known_migrations() -> list[str]:
    return sorted(path.stem for path in (ROOT / "sql").glob("*.sql"))


def check_version(backup: BackupReader) -> None:
    """Raise BackupError if this release does not know the schema of the backup."""
    theirs = backup.manifest.migrations
    if theirs != known_migrations()[: len(theirs)]:
        raise BackupError(
            f"the backup's schema ends with {theirs[-1]}, which this release does not know (it has"
            f" {known_migrations()[-1]}); check out the release that made the backup"
        )


def load(backup: BackupReader, where: DatabaseSettings) -> None:
    """Create the schema of the backup in an empty database, and store all rows. The marker stays.

    Raises BackupError if the database is not empty, and for every fault of the backup.
    """
    check_version(backup)
    backup.check_files()
    connection = open_exact(where)
    try:
        _check_empty(connection, backup)
        fetch(connection, f"CREATE TABLE {MARKER} (id INT NOT NULL PRIMARY KEY)")
        # A database of the original FalaAI has the tables of the first migration, but no table of applied migrations.
        _migrate(where, len(backup.manifest.migrations) or 1)
        for statement in _EXACT:
            fetch(connection, statement)
        there = {table.name: table for table in list_tables(connection)}
        tables = sorted(backup.manifest.tables, key=lambda table: table.name == LEDGER)
        for table in tables:
            if table.name not in there or set(there[table.name].columns) != set(table.columns):
                raise BackupError(f"the table {table.name} of the backup has other columns than its migrations make")
        for table in tables:
            _load_table(connection, backup, table)
    finally:
        connection.close()


def finish(backup: BackupReader, where: DatabaseSettings, deleted: DeletedAccounts) -> int:
    """Bring a loaded database up to this release, and delete rows that are no longer valid.

    Delete the accounts that were deleted after the backup was made. Delete sessions and links, some of which were
    revoked or used since, and requests for archives, whose files are in no backup. Removing the marker is the last
    step. Returns the number of accounts that were deleted.
    """
    if backup.manifest.migrations != known_migrations():
        _migrate(where, len(known_migrations()))
    database = Database(lambda: connect(where, STALL_SECONDS))
    for table in ("sessoes", "tokens", "exportacoes"):
        while database.run(f"DELETE FROM {table} LIMIT {_DELETED_ROWS}"):  # noqa: S608 - constant
            pass
    for account, at in deleted.items():
        database.run(f"INSERT IGNORE INTO {DELETED_ACCOUNTS} VALUES (%s, %s)", (account, at))  # noqa: S608 - constant
    accounts = [row["id"] for row in database.list(_DELETED_SINCE)]
    for account in accounts:
        database.transaction(partial(personal_data.delete_rows, user_id=account))
    saved = [table.next_id or 0 for table in backup.manifest.tables if table.name == "usuarios"]
    database.run(f"ALTER TABLE usuarios AUTO_INCREMENT = {max([*saved, *(account + 1 for account in deleted)])}")
    database.run(f"DROP TABLE {MARKER}")
    return len(accounts)


def compare(backup: BackupReader, where: DatabaseSettings) -> int:
    """Compare every row of a restored database with the backup. Returns the number of rows. Raises BackupError."""
    connection, rows = open_exact(where), 0
    try:
        for table in backup.manifest.tables:
            digest, content = Digest(), backup.manifest.contents[table.name]
            for line in read_rows(connection, table):
                digest.add(line)
            if (digest.rows, digest.sha256) != (content.rows, content.sha256):
                raise BackupError(
                    f"{table.name}: the {digest.rows} restored rows differ from the {content.rows} saved ones"
                )
            rows += digest.rows
    finally:
        connection.close()
    return rows


def deleted_in_backup(backup: BackupReader) -> DeletedAccounts:
    """Return the deleted accounts that a backup knows."""
    if DELETED_ACCOUNTS not in backup.manifest.contents:
        return {}
    rows = (decode(line) for line in backup.lines(DELETED_ACCOUNTS))
    return {int(account): datetime.fromisoformat(at) for account, at in rows}


def deleted_in_database(where: DatabaseSettings) -> DeletedAccounts:
    """Return the deleted accounts that a database knows."""
    rows = Database(lambda: connect(where)).list(f"SELECT id, apagada_em FROM {DELETED_ACCOUNTS}")  # noqa: S608
    return {row["id"]: row["apagada_em"] for row in rows}


def check_whole(tables: list[Table]) -> None:
    """Raise BackupError if these are the tables of an interrupted restore."""
    if MARKER in {table.name for table in tables}:
        raise BackupError(
            "the database holds an interrupted restore; drop the database, create it, and restore again"
        )


def _check_empty(connection: Connection, backup: BackupReader) -> None:
    tables = list_tables(connection)
    found = {table.name for table in tables}
    check_whole(tables)
    for name in found:
        if "yoyo" not in name and fetch(connection, f"SELECT 1 FROM {names([name])} LIMIT 1"):  # noqa: S608 - name
            raise BackupError(f"the database is not empty: {name} has rows. Restore into an empty database")
    if set(applied_migrations(connection, tables)) - set(backup.manifest.migrations):
        raise BackupError("the database has newer migrations than the backup; drop the database and create it again")


def _migrate(where: DatabaseSettings, count: int) -> None:
    """Apply the first migrations by sql/migrate.py, which otherwise refuses a database with a marker."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
        **{name.upper(): str(value) for name, value in where if name != "db_password"},
        "DB_PASSWORD": where.db_password.get_secret_value(),
    }
    command = [sys.executable, str(ROOT / "sql/migrate.py"), "--restoring", str(count)]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise BackupError(f"the schema could not be created: {finished.stderr.strip()}")


def _load_table(connection: Connection, backup: BackupReader, table: Table) -> None:
    target = names([table.name])
    fetch(connection, f"DELETE FROM {target}")  # noqa: S608 - the migrations' own rows
    insert = f"INSERT INTO {target} ({names(table.columns)}) VALUES "  # noqa: S608 - names
    row = f"({', '.join(['%s'] * len(table.columns))})"
    for batch in _batches(backup.lines(table.name)):
        cells = [cell for line in batch for cell in decode(line)]
        fetch(connection, insert + ", ".join([row] * len(batch)), *cells)
    if table.next_id:
        # Never give an id again, even if its row was deleted.
        fetch(connection, f"ALTER TABLE {target} AUTO_INCREMENT = {table.next_id}")


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size >= _BATCH_BYTES or len(batch) == _BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
