"""The private MariaDB server."""

import asyncio
from pathlib import Path

import pytest

from devcloud.database import Database, _system_tables_sql, share_folders
from devcloud.errors import StartError
from devcloud.secret_store import SecretStore


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
        database = Database(data, "d", SecretStore(data / "s"))
        await database.start()
        address = database.address
        try:
            assert len(address.socket) < 108
            connection = pymysql.connect(
                unix_socket=address.socket, user=address.user, password=address.password, database="d"
            )
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@sql_mode, @@collation_database, @@time_zone, @@tmpdir")
                mode, collation, zone, temporary = cursor.fetchone()
            connection.close()
            assert "STRICT_TRANS_TABLES" in mode
            assert (collation, zone) == ("utf8mb4_bin", "+00:00")
            assert temporary.startswith(str(data)), "another server's start would delete its temporary tables"
        finally:
            await database.stop()
        return address.socket

    from pathlib import Path

    assert not Path(asyncio.run(use())).parent.exists()


def test_server_left_by_a_killed_devcloud_is_stopped_first(tmp_path):
    async def use():
        left = Database(tmp_path, "d", SecretStore(tmp_path / "s"))
        await left.start()
        fresh = Database(tmp_path, "d", SecretStore(tmp_path / "s"))
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
