"""`make migrate` refuses a server that would break a promise, with one sentence."""

from collections.abc import Callable

import pytest
from server_check import UnfitServer, check_server

from falaai import settings
from falaai.connections import Connection, connect
from falaai.database import Database

# The type of the column for texts in the check's table.
TEXT = "COLLATE utf8mb4_bin NOT NULL"
THREE_BYTES = "CHARACTER SET utf8 COLLATE utf8_bin NOT NULL"


def tables(where: settings.DatabaseSettings) -> set[str]:
    sql = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
    return {row["name"] for row in Database(lambda: connect(where)).list(sql)}


def test_fit_server_is_accepted_and_left_as_it_was(where: settings.DatabaseSettings) -> None:
    before = tables(where)
    check_server(lambda: connect(where))
    assert tables(where) == before


def after(statement: str) -> Callable[[Connection], None]:
    """A server that behaves as this statement makes the session behave."""

    def change(connection: Connection) -> None:
        connection.cursor().execute(statement)

    return change


def without_transactions(connection: Connection) -> None:
    connection.begin = lambda: None  # type: ignore[method-assign]


def with_replaced_sql(*replacements: tuple[str, str]) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        query = connection.query

        def replaced(sql: str, unbuffered: bool = False) -> int:
            for old, new in replacements:
                sql = sql.replace(old, new)
            return query(sql, unbuffered)

        connection.query = replaced  # type: ignore[method-assign]

    return change


without_locks = with_replaced_sql((" FOR UPDATE NOWAIT", ""), (" FOR UPDATE", ""))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (with_replaced_sql((TEXT, "COLLATE utf8mb4_general_ci NOT NULL")), "takes two different addresses for one"),
        (with_replaced_sql(("UNIQUE KEY", "KEY")), "stores one address twice"),
        (with_replaced_sql((f"CHARACTER SET utf8mb4 {TEXT}", THREE_BYTES)), "every character"),
        (with_replaced_sql(("DATETIME(6)", "DATETIME")), "does not store microseconds"),
        (with_replaced_sql(("LAST_INSERT_ID(numero + 7)", "numero + 7")), "does not return the number"),
        (after("SET SESSION sql_mode = ''"), "sql_mode is not strict"),
        (after("SET SESSION time_zone = '+03:00'"), "not in UTC"),
        (after("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), "READ COMMITTED"),
        (without_transactions, "does not roll back transactions"),
        (without_locks, "does not lock a row"),
    ],
)  # fmt: skip
def test_unfit_server_is_refused(
    where: settings.DatabaseSettings, change: Callable[[Connection], None], sentence: str
) -> None:
    before = tables(where)

    def unfit() -> Connection:
        connection = connect(where)
        change(connection)
        return connection

    with pytest.raises(UnfitServer, match=sentence):
        check_server(unfit)
    assert tables(where) == before
