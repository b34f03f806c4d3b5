"""Limits count right when many ask at once, and open again when their window is over."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from falaai import rate_limits
from falaai.database import Database
from falaai.errors import TooManyRequests
from falaai.rate_limits import Limit
from tests.integration.conftest import Rows

FIVE = Limit("five", 5, 300)


def is_let_in(database: Database) -> bool:
    try:
        rate_limits.take(database, FIVE, "ana")
    except TooManyRequests:
        return False
    return True


def test_of_thirty_at_once_five_are_let_in(database: Database) -> None:
    with ThreadPoolExecutor(10) as pool:
        let_in = list(pool.map(lambda _: is_let_in(database), range(30)))
    assert sum(let_in) == 5


def test_refusal_says_when_to_come_back(database: Database) -> None:
    for _ in range(5):
        rate_limits.take(database, FIVE, "ana")
    with pytest.raises(TooManyRequests) as caught:
        rate_limits.take(database, FIVE, "ana")
    assert 295 <= caught.value.retry_after <= 300
    rate_limits.take(database, FIVE, "bia")


def test_window_opens_again(database: Database, rows: Rows) -> None:
    for _ in range(6):
        is_let_in(database)
    rows.run("UPDATE limites SET fim = UTC_TIMESTAMP(6)")
    assert is_let_in(database)
    assert rows.value("SELECT contagem FROM limites") == 1


def test_hit_given_back_can_be_taken_again(database: Database) -> None:
    for _ in range(20):
        rate_limits.take(database, FIVE, "ana")
        rate_limits.give_back(database, FIVE, "ana")


def test_table_holds_no_subject(database: Database, rows: Rows) -> None:
    rate_limits.take(database, FIVE, "ana@exemplo.com.br")
    assert "ana" not in str(rows.list("SELECT * FROM limites"))
