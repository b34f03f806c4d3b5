"""Expiries come from the database's clock: an hour between it and the function's, or a function in Sao Paulo's time,
changes nothing.

The hour is put on the database's side, session by session: what differs is the same.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from falaai import rate_limits, settings
from falaai.connections import Connection, connect
from falaai.database import Database
from falaai.errors import LinkNotValid, TooManyRequests
from falaai.modes import Mode
from falaai.queue_messages import EmailRequested
from falaai.repositories import conversations, exchanges, messages, sessions
from falaai_auth.verification import find_link, verify
from falaai_cleanup.tasks import clean_up
from falaai_email.worker import send_email
from tests.support.fakes import FakeEmailSender
from tests.support.people import BROWSER, PASSWORD
from tests.support.rows import Rows

HOUR, DAY = 3600, 24 * 3600
At = Callable[[float], Database]


@pytest.fixture(params=[-HOUR, HOUR], ids=["an hour behind", "an hour ahead"], autouse=True)
def skew(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(autouse=True)
def _in_sao_paulo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/Sao_Paulo")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def at(where: settings.DatabaseSettings, skew: int, database: Database) -> At:
    """The database so many seconds later, by its own clock."""
    assert database  # emptied
    began = time.time() + skew

    def connected(seconds: float) -> Connection:
        connection = connect(where)
        connection.cursor().execute("SET SESSION timestamp = %s", (began + seconds,))
        return connection

    return lambda seconds: Database(lambda: connected(seconds))


def test_link_lives_a_day(at: At, rows: Rows) -> None:
    email_sender, user_id = FakeEmailSender(), rows.user(verified=False, password=PASSWORD)
    send_email(at(0), email_sender, EmailRequested(kind="verificar", user_id=user_id), "https://x", 1)
    token = email_sender.sent[0].text.split("/verify_link/")[1].split()[0]
    assert find_link(at(DAY - 60), token)
    assert not find_link(at(DAY + 60), token)
    with pytest.raises(LinkNotValid):
        verify(at(DAY + 60), token, PASSWORD, BROWSER)
    assert verify(at(DAY - 60), token, PASSWORD, BROWSER) is not None


def test_session_ends_after_seven_idle_days(at: At, rows: Rows, skew: int) -> None:
    user_id = rows.user()
    at(0).transaction(lambda sql: sessions.add_session(sql, user_id, "k", "", ""))
    found = sessions.find_session(at(7 * DAY - 60), "k")
    assert found is not None
    assert found.seconds_since_seen == pytest.approx(7 * DAY - 60, abs=2)
    expected = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=skew + 7 * DAY - 60)
    assert abs(found.now - expected) < timedelta(minutes=10)
    assert sessions.find_session(at(7 * DAY + 60), "k") is None


def test_limit_opens_again_when_its_window_closes(at: At) -> None:
    limit = rate_limits.WRONG_PASSWORD_BY_ACCOUNT
    for _ in range(limit.hits):
        rate_limits.take(at(0), limit, "ana")
    with pytest.raises(TooManyRequests) as refused:
        rate_limits.take(at(limit.seconds - 10), limit, "ana")
    assert 0 < refused.value.retry_after <= 11
    rate_limits.take(at(limit.seconds + 1), limit, "ana")


def test_reply_is_abandoned_after_a_minute(at: At, rows: Rows) -> None:
    conversation = rows.conversation(rows.user())
    at(0).transaction(lambda sql: exchanges.add_exchange(sql, conversation, 2, "Oi", None, "chave", Mode.FAST))
    states = [
        messages.list_messages(at(seconds), conversation, after_seq=1, limit=100)[0].state for seconds in (59, 61)
    ]
    assert states == ["gerando", "interrompida"]


def test_retention_counts_whole_days(at: At, rows: Rows) -> None:
    user_id = rows.user()
    at(0).transaction(lambda sql: conversations.add_conversation(sql, user_id, "Oi", 0))
    assert clean_up(at(90 * DAY - 60), 90, lambda: True).rows["conversations"] == 0
    assert clean_up(at(90 * DAY + 60), 90, lambda: True).rows["conversations"] == 1
