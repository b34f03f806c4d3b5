"""A migration whose statement takes longer than the network keeps a connection: it waits, and finishes."""

import threading
from collections.abc import Iterator

import migrate as program
import pymysql
import pytest
from yoyo.connections import parse_uri

from falaai import settings
from falaai.connections import connect
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, migrate, schema
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.waiting import wait_until

INDEX = "ALTER TABLE grande ADD UNIQUE INDEX grande_texto (texto, numero)"


@pytest.fixture
def here(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[settings.DatabaseSettings, FaultProxy]]:
    """An empty database behind a proxy, as the settings of this process, in which the program runs."""
    direct = create_database(database_server.address, "falaai_db_long")
    with fault_proxy(direct.db_host, direct.db_port) as proxy:
        settings.read.cache_clear()
        for name in ("host", "port", "user", "name"):
            monkeypatch.setenv(f"DB_{name.upper()}", str(getattr(direct, f"db_{name}")))
        monkeypatch.setenv("DB_HOST", proxy.address[0])
        monkeypatch.setenv("DB_PORT", str(proxy.address[1]))
        monkeypatch.setenv("DB_PASSWORD", direct.db_password.get_secret_value())
        monkeypatch.setattr(program, "PAUSE_SECONDS", 0.05)
        yield direct, proxy
        settings.read.cache_clear()


def test_statement_whose_answer_is_lost_is_finished(
    here: tuple[settings.DatabaseSettings, FaultProxy], where: settings.DatabaseSettings
) -> None:
    """The server has done it, the connection is gone: at each of the slow statements."""
    direct, proxy = here
    lost: list[bytes] = []

    def is_wanted(request: bytes) -> bool:
        statement = request[5:80]
        is_slow = b"ADD UNIQUE INDEX" in statement or b"UPDATE mensagens" in statement or b"FOREIGN KEY (" in request
        if is_slow and statement not in lost:
            lost.append(statement)
            return True
        return False

    proxy.swallowing(is_wanted)
    assert program.main() == 0
    assert proxy.swallowed == len(lost) >= 6
    assert schema(direct) == schema(where)
    assert migrate(direct).stdout == "migrate: nothing to do\n"


def test_statement_that_waits_longer_than_an_answer_may_take_is_finished(
    here: tuple[settings.DatabaseSettings, FaultProxy],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Another transaction keeps the table busy, so that no byte comes for as long as a connection lives."""
    direct, _ = here
    monkeypatch.setattr(program, "ANSWER_SECONDS", 1.0)
    with connect(direct) as busy, busy.cursor() as cursor:
        cursor.execute("CREATE TABLE grande (texto VARCHAR(20), numero INT)")
        cursor.execute("INSERT INTO grande VALUES ('a', 1)")
        backend = program._Backend(parse_uri(f"mysql:///{direct.db_name}"), "_yoyo_migration")
        busy.begin()
        cursor.execute("SELECT * FROM grande FOR UPDATE")
        printed: list[str] = []

        def has_waited() -> bool:
            printed.append(capsys.readouterr().err)
            return "".join(printed).count("waiting for it") >= 2

        altering = threading.Thread(target=lambda: backend.execute(INDEX))
        altering.start()
        try:
            wait_until(has_waited, "the statement was sent again")
        finally:
            busy.rollback()
            altering.join()
        with pytest.raises(pymysql.IntegrityError):
            cursor.execute("INSERT INTO grande VALUES ('a', 1)")
        backend.connection.close()


def test_index_that_is_still_being_built_is_waited_for() -> None:
    """TiDB answers so while the job of a client that has gone is at work; this is not yet the index."""
    building = pymysql.OperationalError(
        1061, "index already exist i; a background job is trying to add the same index"
    )
    built = pymysql.OperationalError(1061, "Duplicate key name 'i'")
    assert program.is_under_way(building)
    assert not program.is_under_way(built)
    assert program.is_done(built, INDEX)


def test_lock_of_a_run_is_kept_and_taken_again(
    here: tuple[settings.DatabaseSettings, FaultProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the connection that holds it is cut off during a long statement."""
    direct, proxy = here
    monkeypatch.setattr(program, "KEEP_LOCK_SECONDS", 0.05)
    taken = "SELECT IS_FREE_LOCK(%s) AS free"
    with connect(direct) as other, other.cursor() as cursor:

        def is_free() -> bool:
            cursor.execute(taken, (program.LOCK_NAME,))
            return bool((cursor.fetchone() or {})["free"])

        with program._Lock(settings.read(settings.DatabaseSettings)):
            assert not is_free()
            opened = proxy.connections
            proxy._loop.call_soon_threadsafe(proxy._abort_all)
            wait_until(lambda: proxy.connections > opened and not is_free(), "the lock is held again")
        wait_until(is_free, "the lock is released")
