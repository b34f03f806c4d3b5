"""Limits of messages: for one user, for all users together in shares, and for replies at once."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from falaai import settings
from falaai.errors import (
    CeilingReached,
    InvalidInput,
    QuotaReached,
    ThinkingCeilingReached,
    ThinkingQuotaReached,
    TooManyReplies,
)
from falaai.modes import Mode
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai_chat.quota import Quota, Quotas, quotas
from tests.support.fakes import FakeStatements

# 12:00 UTC is 9:00 in São Paulo, 15 hours before its midnight.
SESSION = Session(1, 7, None, "Ana", "ana@exemplo.com.br", 0, datetime(2026, 6, 1, 12))
TODAY = date(2026, 6, 1)
COUNT, LIST = "INSERT INTO uso_diario", "SELECT id_usuario, mensagens"
# The server gives no number for a new row.
NEW_ROW = 0


@pytest.mark.parametrize("ceiling", [0, 1, SHARES - 1, SHARES, SHARES + 1, 2000, 20_000])
def test_shares_add_up_to_the_ceiling_and_differ_by_one_at_most(ceiling: int) -> None:
    limits = [Quota(1, ceiling).share_limit(share) for share in range(SHARES)]
    assert sum(limits) == ceiling
    assert max(limits) - min(limits) <= 1


def test_replies_at_once_are_limited() -> None:
    quota = Quota(10, 10, at_once=3)
    quota.check_running(3)
    with pytest.raises(TooManyReplies) as refused:
        quota.check_running(4)
    assert refused.value.facts["limite"] == 3


def test_message_is_counted_in_the_share_up_to_its_limit() -> None:
    sql = FakeStatements({COUNT: 10})
    Quota(10, 160).take_from_share(sql, SESSION, share=3)
    ((_, parameters),) = sql.ran
    assert parameters == (-3, TODAY)


def test_first_message_of_a_day_opens_the_share() -> None:
    Quota(10, SHARES).take_from_share(FakeStatements({COUNT: NEW_ROW}), SESSION, share=0)


def test_share_without_a_place_takes_not_even_the_first_message_of_a_day() -> None:
    with pytest.raises(CeilingReached):
        Quota(10, SHARES - 1).take_from_share(FakeStatements({COUNT: NEW_ROW}), SESSION, share=SHARES - 1)


def test_last_message_leaves_none_and_the_next_is_refused() -> None:
    quota = Quota(10, 160)
    quota.check_messages(SESSION, 10)
    assert quota.left(10) == 0
    with pytest.raises(QuotaReached) as refused:
        quota.check_messages(SESSION, 11)
    assert refused.value.facts == {"resets_at": "2026-06-02T00:00:00-03:00", "limite": 10}
    assert refused.value.retry_after == 15 * 3600 + 1


def test_full_share_is_the_ceiling() -> None:
    with pytest.raises(CeilingReached) as refused:
        Quota(10, 160).take_from_share(FakeStatements({COUNT: 11}), SESSION, share=0)
    assert refused.value.retry_after == 15 * 3600 + 1


def shares(**counts: int) -> list[dict[str, Any]]:
    """Rows of all shares: full ones, but for those in `counts`."""
    full = {f"share_{share}": 10 for share in range(SHARES)}
    return [{"id_usuario": -share, "usadas": (full | counts)[f"share_{share}"]} for share in range(SHARES)]


def test_share_with_room_is_found() -> None:
    sql = FakeStatements({LIST: shares(share_5=9)})
    assert Quota(10, 160).find_share_with_room(sql, SESSION) == 5
    assert len(sql.ran) == 1


def test_no_share_has_room() -> None:
    assert Quota(10, 160).find_share_with_room(FakeStatements({LIST: shares()}), SESSION) is None


def test_share_that_no_message_opened_has_room() -> None:
    sql = FakeStatements({LIST: shares()[:-1]})
    assert Quota(10, 160).find_share_with_room(sql, SESSION) == SHARES - 1


@pytest.mark.parametrize(("hour", "day"), [(2, date(2026, 5, 31)), (3, TODAY)])
def test_day_is_that_of_sao_paulo(hour: int, day: date) -> None:
    sql = FakeStatements({COUNT: 1})
    Quota(10, 160).take_from_share(sql, replace(SESSION, now=datetime(2026, 6, 1, hour)), share=0)
    assert sql.ran[-1][1][1] == day


def test_each_mode_has_its_own_limits_counters_and_refusals() -> None:
    think = Quota(2, SHARES, mode=Mode.THINK)
    with pytest.raises(ThinkingQuotaReached) as person:
        think.check_messages(SESSION, 3)
    assert person.value.facts["limite"] == 2
    sql = FakeStatements({COUNT: 2})
    with pytest.raises(ThinkingCeilingReached):
        think.take_from_share(sql, SESSION, share=0)
    assert "pensadas" in sql.ran[0][0]
    assert "mensagens" not in sql.ran[0][0]


def test_mode_that_the_deployment_does_not_have_is_refused() -> None:
    fast, think = Quota(10, 10), Quota(2, 2, mode=Mode.THINK)
    assert Quotas(fast).of(Mode.FAST) == Quotas(fast, think).of(Mode.FAST) == fast
    assert Quotas(fast, think).of(Mode.THINK) == think
    with pytest.raises(InvalidInput):
        Quotas(fast).of(Mode.THINK)


@pytest.mark.parametrize(("models", "has_mode"), [("off", False), ("gemini-3.8-flash", True)])
def test_settings_decide_whether_there_is_a_thinking_mode(
    models: str, has_mode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_MODEL_THINK", models)
    monkeypatch.setenv("DAILY_THINK_MESSAGES", "7")
    settings.read.cache_clear()
    found = quotas()
    settings.read.cache_clear()
    assert (found.think is not None) == has_mode
    assert found.think is None or (found.think.person, found.think.mode) == (7, Mode.THINK)
