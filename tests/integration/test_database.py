"""Transactions on the real database: kept or rolled back whole, repeated when that helps, honest when it does not."""

import ssl
import threading

import pymysql
import pytest

from falaai import database as databases
from falaai import settings
from falaai.connections import connect, is_this_machine
from falaai.database import Database, Statements, Transaction
from falaai.deadlines import deadline
from falaai.errors import DatabaseUnavailable
from tests.support.rows import Rows
from tests.support.waiting import HANG_SECONDS, at_most, wait_until


def test_what_fails_is_rolled_back(database: Database, rows: Rows) -> None:
    def work(sql: Statements) -> None:
        sql.run("INSERT INTO limites VALUES ('a', NOW(6), NOW(6), 1)")
        raise KeyError

    with pytest.raises(KeyError):
        database.transaction(work)
    assert rows.list("SELECT * FROM limites") == []


def test_connection_killed_by_the_server_is_replaced(database: Database) -> None:
    first = database.find("SELECT CONNECTION_ID() AS id")
    assert first is not None
    killer = Database(database._connect)
    killer.run("KILL %s", (first["id"],))
    second = database.transaction(lambda sql: sql.find("SELECT CONNECTION_ID() AS id"))
    assert second is not None
    assert second["id"] != first["id"]


def test_deadlock_is_repeated_until_both_are_done(database: Database, rows: Rows) -> None:
    for key in ("a", "b"):
        rows.run("INSERT INTO limites VALUES (%s, NOW(6), NOW(6), 0)", key)
    meeting = threading.Barrier(2)
    attempts = []

    def work(sql: Statements, keys: str) -> None:
        attempts.append(keys)
        first_time = attempts.count(keys) == 1
        sql.run("UPDATE limites SET contagem = contagem + 1 WHERE chave = %s", (keys[0],))
        if first_time:
            meeting.wait(HANG_SECONDS)
        sql.run("UPDATE limites SET contagem = contagem + 1 WHERE chave = %s", (keys[1],))

    threads = [
        threading.Thread(target=database.transaction, args=(lambda sql, keys=keys: work(sql, keys),))
        for keys in ("ab", "ba")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_SECONDS)
    assert len(attempts) > 2
    assert [row["contagem"] for row in rows.list("SELECT contagem FROM limites")] == [2, 2]


# Changed row (MariaDB from 11.6.2 on), another error (a lock wait of TiDB with embedded storage), lock wait,
# deadlock; TiDB: transaction too old, retries used up, schema changed (twice), write conflict.
TRANSIENT = [1020, 1105, 1205, 1213, 8002, 8005, 8022, 8028, 9001, 9002, 9003, 9004, 9005, 9007]


@pytest.mark.parametrize("code", TRANSIENT)
def test_whole_transaction_is_repeated_at_most_three_times(database: Database, rows: Rows, code: int) -> None:
    attempts: list[int] = []

    def work(sql: Statements, failures: int) -> int:
        attempts.append(sql.run("INSERT INTO limites VALUES ('a', NOW(6), NOW(6), 1)"))
        if len(attempts) <= failures:
            raise pymysql.OperationalError(code, "injected")
        return len(attempts)

    assert database.transaction(lambda sql: work(sql, failures=2)) == 3
    assert rows.value("SELECT COUNT(*) FROM limites") == 1
    attempts.clear()
    rows.run("DELETE FROM limites")
    with pytest.raises(DatabaseUnavailable):
        database.transaction(lambda sql: work(sql, failures=3))
    assert len(attempts) == 3
    assert rows.value("SELECT COUNT(*) FROM limites") == 0


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(8252, "MySQL error 8252"), (8004, "the transaction is larger than the server accepts: MySQL error 8004")],
)
def test_limit_of_the_server_is_an_outage_and_not_tried_again(
    database: Database, rows: Rows, code: int, sentence: str
) -> None:
    attempts: list[int] = []

    def work(sql: Statements) -> None:
        attempts.append(sql.run("INSERT INTO limites VALUES ('a', NOW(6), NOW(6), 1)"))
        raise pymysql.OperationalError(code, "injected")

    with pytest.raises(DatabaseUnavailable, match=f"^{sentence}$"):
        database.transaction(work)
    assert len(attempts) == 1
    assert rows.value("SELECT COUNT(*) FROM limites") == 0


@pytest.mark.parametrize("seconds_of_request", [0.3, 60.0])
def test_statement_past_its_deadline_is_ended_at_the_server(
    where: settings.DatabaseSettings, rows: Rows, seconds_of_request: float
) -> None:
    """Also when the time of the whole request is up."""
    late = connect(where, statement_seconds=0.3)
    with deadline(seconds_of_request), pytest.raises(pymysql.OperationalError, match="deadline passed"):
        late.query("SELECT SLEEP(300)")
    running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(300)'"
    wait_until(lambda: rows.value(running) == 0, "the end of the statement at the server")


def test_connection_is_retired_before_the_server_drops_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert databases.IDLE_SECONDS < 340
    first = database.count("SELECT CONNECTION_ID()")
    assert database.count("SELECT CONNECTION_ID()") == first
    monkeypatch.setattr(databases, "IDLE_SECONDS", -1)
    assert database.count("SELECT CONNECTION_ID()") != first


def test_wait_for_a_lock_is_short(database: Database, rows: Rows) -> None:
    rows.run("INSERT INTO limites VALUES ('a', NOW(6), NOW(6), 1)")
    holder = database._connect()
    holder.begin()
    Transaction(holder).run("UPDATE limites SET contagem = 2")
    # The lock is never given up: only a deadline of our own ends the wait.
    with at_most(2.5, "a statement behind a lock"), pytest.raises(DatabaseUnavailable), deadline(1.5):
        database.transaction(lambda sql: sql.run("UPDATE limites SET contagem = 3"))
    holder.rollback()


def test_wait_that_was_ended_at_its_deadline_leaves_no_lock(database: Database, rows: Rows) -> None:
    """Even if the lock becomes free just after the end of the wait."""
    rows.run("INSERT INTO limites VALUES ('a', NOW(6), NOW(6), 1)")
    holder = database._connect()
    holder.begin()
    Transaction(holder).run("UPDATE limites SET contagem = 2")
    with pytest.raises(DatabaseUnavailable), deadline(0.7):
        database.transaction(lambda sql: sql.run("UPDATE limites SET contagem = 3"))
    holder.rollback()
    database.transaction(lambda sql: sql.run("UPDATE limites SET contagem = 4"))
    assert rows.value("SELECT contagem FROM limites") == 4


def test_missing_server_is_unavailable() -> None:
    nowhere = settings.DatabaseSettings(db_host="127.0.0.1", db_port=1, db_user="x", db_password="x")  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnavailable):
        Database(lambda: connect(nowhere)).find("SELECT 1")


def test_fault_in_our_own_sql_is_not_called_an_outage(database: Database) -> None:
    with pytest.raises(pymysql.ProgrammingError):
        database.find("SELECT nothing FROM nowhere")


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("gateway01.example", False), ("10.0.0.5", False)],
)
def test_only_this_machine_goes_without_tls(host: str, local: bool) -> None:
    assert is_this_machine(host) is local


def test_server_elsewhere_without_tls_is_refused(
    where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same server under a name that could be anywhere: its password must not be sent in the clear."""
    import socket

    real = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda address, *rest, **more: real(("127.0.0.1", address[1]), *rest, **more)
    )
    elsewhere = where.model_copy(update={"db_host": "database.example"})
    with pytest.raises((pymysql.OperationalError, ssl.SSLError), match=r"SSL|certificate"):
        connect(elsewhere)
