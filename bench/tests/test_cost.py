"""The calculator of costs: free tiers, costs without any user, and the page that it writes."""

import re
from itertools import pairwise

import pytest

from bench import ranges, request_units
from bench.cost import (
    COST_PAGE,
    MESSAGES,
    SECONDS_PER_MONTH,
    Price,
    Stack,
    Usage,
    bill,
    certain_bill,
    prices,
    stack,
    traces,
    updated_page,
)

NO_MESSAGES = Stack(alarm_metrics=10, dashboards=1, queues=1, gigabytes=1)


def test_cost_page_is_up_to_date() -> None:
    text = COST_PAGE.read_text()
    assert updated_page(text) == text, "docs/cost.md is stale; run make cost"


@pytest.mark.parametrize(("amount", "dollars"), [(0, 0), (10, 0), (11, 0.5), (30, 10)])
def test_only_what_is_beyond_the_free_tier_costs(amount: float, dollars: float) -> None:
    assert Price(usd=0.5, free=10).of(amount) == dollars


def test_idle_deployment_within_free_tiers_costs_only_the_email_plan() -> None:
    idle = {name: most for name, (_, most) in bill(0, Usage(), NO_MESSAGES).items() if most >= 0.01}
    assert list(idle) == ["SendGrid, from the 61st day"]


def test_each_further_alarm_and_queue_costs_even_so() -> None:
    more = certain_bill(0, Usage(), Stack(alarm_metrics=12, dashboards=1, queues=2, gigabytes=1))
    assert more["CloudWatch, alarms"] == pytest.approx(0.20)
    assert more["SQS"] == pytest.approx((2 * 648_000 - 1_000_000) * 0.0000004)


def test_every_line_grows_with_the_messages() -> None:
    bills = [bill(count, Usage(), stack()) for count in MESSAGES]
    for fewer, more in pairwise(bills):
        assert all(more[name][end] >= fewer[name][end] for name in fewer for end in (0, 1))


def test_waiting_for_the_model_is_billed() -> None:
    slow, quick = (certain_bill(10**7, Usage(gemini_seconds=seconds), NO_MESSAGES) for seconds in (6, 1))
    saved = slow["Lambda, computing"] - quick["Lambda, computing"]
    assert saved == pytest.approx(5 * 10**7 * 0.0000133334)


def test_one_trace_a_second_and_one_in_twenty_of_the_rest() -> None:
    assert traces(1000) == 1000
    assert traces(SECONDS_PER_MONTH + 100) == SECONDS_PER_MONTH + 5


def test_every_price_has_a_source_with_its_year() -> None:
    rates, _ = prices()
    known = [one for one in rates.values() if one.source != "from memory"]
    assert [one for one in known if not re.search(r"\b20\d\d\b", one.source)] == []
    assert [one for one in rates.values() if one not in known and one.is_verified] == []


def test_the_template_is_read() -> None:
    ours = stack()
    assert (ours.queues, ours.dashboards) == (5, 1)
    assert ours.alarm_metrics >= 10


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ((853.94, 853.94), "850"),
        ((12_955.0, 12_955.0), "13,000"),
        ((0.644, 0.644), "0.64"),
        ((19.95, 19.95), "20"),
        ((9.96, 9.96), "10"),
        ((104.9, 196.2), "100–200"),
        ((0.001, 0.004), "0"),
        ((99.6, 100.4), "100"),
    ],
)
def test_amounts_have_two_significant_digits(amount: tuple[float, float], words: str) -> None:
    assert ranges.in_words(amount) == words


def test_request_units_follow_the_provider_s_table() -> None:
    """Two reads find eight rows. Four requests write six keys, all in one region, or each in one of its own."""
    work = {"statements": 3, "rows_read": 8, "units_read": 2 * 0.475, "keys_written": 6, "regions_written": 1,
            "units_written": 4 * 1.7 + 2, "bytes_written": 2048, "bytes_sent": 1024}  # fmt: skip
    found = request_units.units(work, request_units.rules())
    assert found["reading"] == pytest.approx((0.95, (2 + 8) * (1 / 2 + 1 / 8)))
    assert found["writing"] == pytest.approx((4 * 3 * 1.7 / 2, (4 + 2 * 5) * 3 * (1 / 2 + 1 / 2)))
    assert found["bytes written"] == pytest.approx((3, 3))
    assert found["processor"] == pytest.approx((0.3, 1.0))
    assert found["bytes sent"] == pytest.approx((1, 1))


def test_every_kind_of_work_was_measured() -> None:
    measured = request_units.measured()
    assert set(measured["work"]) == set(request_units.TIMES)
    low, high = ranges.total(request_units.units_of_message())
    assert 10 < low < high < 1000
    assert measured["work"]["message"]["statements"] >= 10
    assert all(one.bytes > 50 for one in request_units.stored(1000))
