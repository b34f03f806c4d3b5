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
    SearchCeilingReached,
    SearchQuotaReached,
    ThinkingCeilingReached,
    ThinkingQuotaReached,
    TooManyReplies,
)
from falaai.modes import SEARCH, Mode
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai_chat.quota import Limits, Quota, Quotas, Shares, Used, quotas
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
    Limits(Quota(10, 160)).take_from_shares(sql, SESSION, Shares(3, 3))
    ((_, parameters),) = sql.ran
    assert parameters == (-3, TODAY)


def test_first_message_of_a_day_opens_the_share() -> None:
    Limits(Quota(10, SHARES)).take_from_shares(FakeStatements({COUNT: NEW_ROW}), SESSION, Shares(0, 0))


def test_share_without_a_place_takes_not_even_the_first_message_of_a_day() -> None:
    with pytest.raises(CeilingReached):
        Limits(Quota(10, SHARES - 1)).take_from_shares(
            FakeStatements({COUNT: NEW_ROW}), SESSION, Shares(SHARES - 1, SHARES - 1)
        )


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
        Limits(Quota(10, 160)).take_from_shares(FakeStatements({COUNT: 11}), SESSION, Shares(0, 0))
    assert refused.value.retry_after == 15 * 3600 + 1


def shares(**counts: int) -> list[dict[str, Any]]:
    """Rows of all shares: full ones, but for those in `counts`."""
    full = {f"share_{share}": 10 for share in range(SHARES)}
    return [{"id_usuario": -share, "usadas": (full | counts)[f"share_{share}"]} for share in range(SHARES)]


def test_share_with_room_is_found() -> None:
    sql = FakeStatements({LIST: shares(share_5=9)})
    assert Limits(Quota(10, 160)).find_shares_with_room(sql, SESSION) == Shares(5, 5)
    assert len(sql.ran) == 1


def test_no_share_has_room() -> None:
    with pytest.raises(CeilingReached):
        Limits(Quota(10, 160)).find_shares_with_room(FakeStatements({LIST: shares()}), SESSION)


def test_share_that_no_message_opened_has_room() -> None:
    sql = FakeStatements({LIST: shares()[:-1]})
    assert Limits(Quota(10, 160)).find_shares_with_room(sql, SESSION) == Shares(SHARES - 1, SHARES - 1)


@pytest.mark.parametrize(("hour", "day"), [(2, date(2026, 5, 31)), (3, TODAY)])
def test_day_is_that_of_sao_paulo(hour: int, day: date) -> None:
    sql = FakeStatements({COUNT: 1})
    Limits(Quota(10, 160)).take_from_shares(sql, replace(SESSION, now=datetime(2026, 6, 1, hour)), Shares(0, 0))
    assert sql.ran[-1][1][1] == day


def test_each_mode_has_its_own_limits_counters_and_refusals() -> None:
    think = Quota(2, SHARES, kind=Mode.THINK)
    with pytest.raises(ThinkingQuotaReached) as person:
        think.check_messages(SESSION, 3)
    assert person.value.facts["limite"] == 2
    sql = FakeStatements({COUNT: 2})
    with pytest.raises(ThinkingCeilingReached):
        Limits(think).take_from_shares(sql, SESSION, Shares(0, 0))
    assert "pensadas" in sql.ran[0][0]
    assert "mensagens" not in sql.ran[0][0]


def test_mode_that_the_deployment_does_not_have_is_refused() -> None:
    fast, think = Quota(10, 10), Quota(2, 2, kind=Mode.THINK)
    assert Quotas(fast).of(Mode.FAST) == Quotas(fast, think).of(Mode.FAST) == Limits(fast)
    assert Quotas(fast, think).of(Mode.THINK) == Limits(think)
    with pytest.raises(InvalidInput):
        Quotas(fast).of(Mode.THINK)


@pytest.mark.parametrize(("models", "has_mode"), [("off", False), ("gemini-3.8-flash", True)])
def test_settings_decide_whether_there_is_a_thinking_mode(
    models: str, has_mode: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_MODEL_THINK", models)
    monkeypatch.setenv("DAILY_THINK_MESSAGES", "7")
    settings.read.cache_clear()
    found = quotas(SESSION)
    settings.read.cache_clear()
    assert (found.think is not None) == has_mode
    assert found.think is None or (found.think.person, found.think.kind) == (7, Mode.THINK)


SEARCHES = Quota(2, SHARES, kind=SEARCH)
BOTH = Limits(Quota(10, 160), SEARCHES)


def packed(messages: int, searches: int) -> int:
    return messages * 1_000_000 + searches


def test_searching_message_is_counted_in_both_kinds_by_one_statement() -> None:
    sql = FakeStatements({COUNT: packed(7, 2)})
    assert BOTH.count_for_user(sql, 7, TODAY) == Used(7, 2)
    BOTH.take_from_shares(FakeStatements({COUNT: packed(10, 1)}), SESSION, Shares(3, 3))
    ((statement, parameters),) = sql.ran
    assert parameters == (7, TODAY)
    assert "mensagens, buscas" in statement
    assert BOTH.count_for_user(FakeStatements({COUNT: NEW_ROW}), 7, TODAY) == Used(1, 1)


def test_search_beyond_the_users_limit_is_refused_by_its_own_error() -> None:
    BOTH.check_messages(SESSION, Used(10, 2))
    with pytest.raises(SearchQuotaReached) as refused:
        BOTH.check_messages(SESSION, Used(5, 3))
    assert (refused.value.code, refused.value.facts["limite"]) == ("daily_searches", 2)
    with pytest.raises(SearchCeilingReached) as all_users:
        BOTH.take_from_shares(FakeStatements({COUNT: packed(1, 2)}), SESSION, Shares(3, 3))
    assert all_users.value.code == "daily_searches"


def test_two_shares_are_locked_in_their_order() -> None:
    for shares_of, first, second in ((Shares(9, 4), "buscas", "mensagens"), (Shares(4, 9), "mensagens", "buscas")):
        sql = FakeStatements({COUNT: 1})
        BOTH.take_from_shares(sql, SESSION, shares_of)
        assert [parameters[0] for _, parameters in sql.ran] == [-4, -9]
        assert first in sql.ran[0][0]
        assert second in sql.ran[1][0]


def test_one_share_counts_both_kinds_where_both_have_room() -> None:
    room = FakeStatements({LIST: shares(share_5=9, share_6=9), "SELECT id_usuario, buscas": one_left(6, 7)})
    assert BOTH.find_shares_with_room(room, SESSION) == Shares(6, 6)
    apart = FakeStatements({LIST: shares(share_5=9), "SELECT id_usuario, buscas": one_left(6)})
    assert BOTH.find_shares_with_room(apart, SESSION) == Shares(5, 6)
    full = FakeStatements({LIST: shares(share_5=9), "SELECT id_usuario, buscas": one_left()})
    with pytest.raises(SearchCeilingReached):
        BOTH.find_shares_with_room(full, SESSION)


def one_left(*room: int) -> list[dict[str, Any]]:
    """Rows of all shares of searches: full ones, but for those of `room`."""
    return [{"id_usuario": -share, "usadas": 0 if share in room else 1} for share in range(SHARES)]


@pytest.mark.parametrize("off", ["DAILY_SEARCHES", "DAILY_SEARCH_CEILING"])
def test_search_can_be_switched_off_and_is_then_refused(off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.read.cache_clear()
    assert quotas(SESSION).of(Mode.FAST, searches=True).searches
    monkeypatch.setenv(off, "0")
    settings.read.cache_clear()
    found = quotas(SESSION)
    settings.read.cache_clear()
    assert found.search is None
    assert not found.of(Mode.FAST).searches
    with pytest.raises(InvalidInput):
        found.of(Mode.FAST, searches=True)
