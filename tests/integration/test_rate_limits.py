"""Limits count right when many ask at once, and open again when their window is over."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from falaai import rate_limits, settings
from falaai.database import Database
from falaai.errors import TooManyRequests, WrongCredentials
from falaai.rate_limits import Limit
from falaai_auth.browsers import Browser
from falaai_auth.schemas import Credentials
from falaai_auth.sign_in import sign_in
from tests.support.rows import Rows

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
    assert 200 < caught.value.retry_after <= 300
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


def test_table_cannot_be_searched_for_a_subject(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key alone: without it, an address that is tried gives another counter."""
    rate_limits.take(database, FIVE, "ana@exemplo.com.br")
    assert rows.value("SELECT chave FROM limites") == FIVE.of("ana@exemplo.com.br").key
    assert rows.value("SELECT chave FROM limites") != hashlib.sha256(b"five\0ana@exemplo.com.br").hexdigest()
    monkeypatch.setenv("SESSION_SECRET_KEY", "j" * 40)
    settings.read.cache_clear()
    assert rows.value("SELECT chave FROM limites") != FIVE.of("ana@exemplo.com.br").key


def test_what_a_strict_counter_refuses_is_not_counted_by_a_looser_one(database: Database, rows: Rows) -> None:
    strict, loose = FIVE.of("ana", "10.0.0.1"), Limit("loose", 12, 300).of("ana")
    for _ in range(9):
        with suppress(TooManyRequests):
            rate_limits.take_all(database, strict, loose)
    assert rows.value("SELECT contagem FROM limites WHERE chave = %s", loose.key) == 5


def test_account_is_closed_to_guesses_from_many_addresses(database: Database, rows: Rows) -> None:
    rows.user(password="a senha certa")
    form, limit = Credentials(email="ana@exemplo.com.br", senha="errada"), rate_limits.WRONG_PASSWORD_BY_ACCOUNT
    for _ in range(limit.hits - 1):
        rate_limits.take(database, limit, form.email)
    with pytest.raises(WrongCredentials):
        sign_in(database, form, Browser("", "10.0.0.1"))
    with pytest.raises(TooManyRequests):
        sign_in(database, form, Browser("", "10.0.0.2"))


def test_loose_limits_are_above_what_one_address_gets() -> None:
    """Else one address could lock a person out, window by window. One more window of each may be begun than fits."""
    pairs = [(rate_limits.WRONG_PASSWORD_BY_PAIR, rate_limits.WRONG_PASSWORD_BY_ACCOUNT)]
    pairs += [(one.by_pair, one.by_email) for one in (rate_limits.CONFIRMATION_EMAILS, rate_limits.RESET_EMAILS)]
    for strict, loose in pairs:
        assert strict.hits * (loose.seconds // strict.seconds + 1) < loose.hits
