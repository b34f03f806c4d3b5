"""The private database server: MariaDB, or TiDB with DB=tidb in the environment."""

import asyncio
from pathlib import Path

import pytest

from devcloud.database import Database, _system_tables_sql, share_folders
from devcloud.databases import DATABASES
from devcloud.errors import StartError
from devcloud.secret_store import SecretStore
from devcloud.tidb import TidbDatabase, find_tidb_server
from running_devcloud import DATABASE

ChosenDatabase = DATABASES[DATABASE]


def test_missing_mariadbd_is_a_start_error_that_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr("devcloud.database.shutil.which", lambda *_, **__: None)
    database = Database(tmp_path, "d", SecretStore(tmp_path / "s"))
    with pytest.raises(StartError, match="Debian: mariadb-server-core; macOS: brew install mariadb"):
        asyncio.run(database.start())


def test_socket_of_a_deep_data_folder_is_in_a_temporary_folder(tmp_path):
    import pymysql

    data = tmp_path / ("deep" * 30)
    data.mkdir()

    async def use():
        database = ChosenDatabase(data, "d", SecretStore(data / "s"))
        await database.start()
        address = database.address
        try:
            assert len(address.socket) < 108
            connection = pymysql.connect(
                unix_socket=address.socket, user=address.user, password=address.password, database="d"
            )
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@sql_mode, @@collation_database, @@time_zone")
                mode, collation, zone = cursor.fetchone()
                with pytest.raises(pymysql.err.OperationalError, match="denied"):
                    cursor.execute("CREATE DATABASE other")
                cursor.execute("CREATE DATABASE d_of_a_test")
            connection.close()
            assert "STRICT_TRANS_TABLES" in mode
            assert (collation, zone) == ("utf8mb4_bin", "+00:00")
            with pytest.raises(pymysql.err.OperationalError, match="denied"):
                pymysql.connect(unix_socket=address.socket, user="root")
            # A starting server deletes the temporary files of any other server in the same folder.
            temporary = [one for one in command_line(database) if "tmpdir=" in one or "temp-dir=" in one]
            assert [one for one in temporary if str(data) not in one] == []
            assert temporary
        finally:
            await database.stop()
        return address.socket

    assert not Path(asyncio.run(use())).parent.exists()


def command_line(database):
    return Path(f"/proc/{database.child.pid}/cmdline").read_text().split("\0")


def test_data_survive_a_restart(tmp_path):
    import pymysql

    def rows(address, *statements):
        connection = pymysql.connect(
            host=address.host, port=address.port, user=address.user, password=address.password, database="d",
            autocommit=True,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    async def use():
        first = ChosenDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))
        try:
            await first.start()
            rows(first.address, "CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (7)")
            await first.stop()
            await first.start()
            assert rows(first.address, "SELECT id FROM t") == ((7,),)
        finally:
            await first.stop()
        second = ChosenDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))
        try:
            await second.start()
            assert rows(second.address, "SELECT id FROM t") == ((7,),)
        finally:
            await second.stop()

    asyncio.run(use())


def test_server_left_by_a_killed_devcloud_is_stopped_first(tmp_path):
    async def use():
        left = ChosenDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))
        await left.start()
        fresh = ChosenDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))
        try:
            await fresh.start()
            assert await asyncio.wait_for(left.child.wait(), 5) == 0
        finally:
            await fresh.stop()
            await left.stop()

    asyncio.run(use())


def test_sql_files_are_found_beside_a_linked_program(tmp_path):
    """Homebrew links `bin/mariadbd` into a folder of its own, the Cellar."""
    program = tmp_path / "Cellar/mariadb/11.8/bin/mariadbd"
    program.parent.mkdir(parents=True)
    program.touch()
    link = tmp_path / "bin/mariadbd"
    link.parent.mkdir()
    link.symlink_to(program)
    folders = share_folders(link)
    assert tmp_path / "Cellar/mariadb/11.8/share/mariadb" in folders
    assert tmp_path / "share/mysql" in folders
    assert Path("/usr/share/mysql") in folders


@pytest.mark.parametrize("prefix", ["mysql", "mariadb"])  # of MariaDB 10 and of MariaDB 11
def test_system_tables_are_found_under_both_names_of_their_files(tmp_path, prefix):
    folder = tmp_path / "share/mariadb"
    folder.mkdir(parents=True)
    for name in ("system_tables", "performance_tables", "system_tables_data"):
        (folder / f"{prefix}_{name}.sql").write_text(f"-- {name}\n")
    assert "-- system_tables\n-- performance_tables\n-- system_tables_data" in (
        _system_tables_sql(tmp_path / "bin/mariadbd").replace("\n\n", "\n")
    )


def executable(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho this is no TiDB\nexit 3\n")
    path.chmod(0o755)
    return str(path)


def test_tidb_server_is_taken_from_the_variable_then_tiup_then_the_path(tmp_path, monkeypatch):
    for name in ("TIDB_SERVER", "TIUP_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(
        StartError, match=r"^No TiDB server was found: set TIDB_SERVER .* `tiup install tidb`.*PATH\.$"
    ):
        find_tidb_server()
    on_path = executable(tmp_path / "bin/tidb-server")
    assert find_tidb_server() == on_path
    executable(tmp_path / ".tiup/components/tidb/v8.5.9/tidb-server")
    newest = executable(tmp_path / ".tiup/components/tidb/v8.5.10/tidb-server")
    assert find_tidb_server() == newest
    named = executable(tmp_path / "built/tidb-server")
    monkeypatch.setenv("TIDB_SERVER", named)
    assert find_tidb_server() == named
    monkeypatch.setenv("TIDB_SERVER", f"{named}.gone")
    with pytest.raises(StartError, match="TIDB_SERVER names no program that can be run"):
        find_tidb_server()


def test_tidb_server_that_ends_is_a_start_error_with_its_last_line_and_log(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDB_SERVER", executable(tmp_path / "tidb-server"))
    database = TidbDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))

    async def use():
        try:
            await database.start()
        finally:
            await database.stop()

    with pytest.raises(StartError, match="this is no TiDB"):
        asyncio.run(use())
    assert database.log.read_text() == "this is no TiDB\n"


def test_tidb_data_of_another_password_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDB_SERVER", executable(tmp_path / "tidb-server"))
    data = tmp_path / "tidb"
    data.mkdir()
    (data / "ready").touch()
    (data / "accounts.sql").write_text("CREATE USER ...")
    database = TidbDatabase(tmp_path, "d", SecretStore(tmp_path / "s"))
    with pytest.raises(StartError, match="has another password; delete that folder"):
        asyncio.run(database.start())
    assert (data / "ready").exists()
