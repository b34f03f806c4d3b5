"""The operator of a database that is backed up, and an empty database to restore into."""

from pathlib import Path

import pytest

from falaai.connections import connect
from falaai.database import Database
from falaai.settings import DatabaseSettings
from tests.support.backup_operator import Operator
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, database_for_rows, migrate
from tests.support.rows import TABLES, Rows


@pytest.fixture(scope="module")
def source(database_server: DatabaseServer) -> DatabaseSettings:
    """A database of these tests alone: their large ids are not given in others."""
    where = create_database(database_server.address, "falaai_db_saved")
    assert migrate(where).returncode == 0
    return where


@pytest.fixture
def database(source: DatabaseSettings) -> Database:
    database = Database(lambda: connect(source))
    for table in TABLES:
        database.run(f"DELETE FROM {table}")
    return database


@pytest.fixture
def rows(source: DatabaseSettings, database: Database) -> Rows:
    assert database  # it has emptied the tables
    return Rows(database_for_rows(source))


@pytest.fixture
def operator(source: DatabaseSettings, database: Database, tmp_path: Path) -> Operator:
    """The operator of an empty database with its schema."""
    assert database
    return Operator(source, tmp_path / "backups")


@pytest.fixture
def empty(database_server: DatabaseServer) -> DatabaseSettings:
    return create_database(database_server.address, "falaai_db_restored")
