"""The calculator of costs: free tiers, costs without any user, and the page that it writes."""

from itertools import pairwise

import pytest

from bench.cost import (
    COST_PAGE,
    MESSAGES,
    SECONDS_PER_MONTH,
    Price,
    Stack,
    Usage,
    bill,
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
    idle = {name: dollars for name, dollars in bill(0, Usage(), NO_MESSAGES).items() if dollars >= 0.01}
    assert list(idle) == ["SendGrid, from the 61st day"]


def test_each_further_alarm_and_queue_costs_even_so() -> None:
    more = bill(0, Usage(), Stack(alarm_metrics=12, dashboards=1, queues=2, gigabytes=1))
    assert more["CloudWatch, alarms"] == pytest.approx(0.20)
    assert more["SQS"] == pytest.approx((2 * 648_000 - 1_000_000) * 0.0000004)


def test_every_line_grows_with_the_messages() -> None:
    bills = [bill(count, Usage(), stack()) for count in MESSAGES]
    for fewer, more in pairwise(bills):
        assert all(more[name] >= fewer[name] for name in fewer)


def test_waiting_for_the_model_is_billed() -> None:
    slow, quick = (bill(10**7, Usage(gemini_seconds=seconds), NO_MESSAGES) for seconds in (6, 1))
    saved = slow["Lambda, computing"] - quick["Lambda, computing"]
    assert saved == pytest.approx(5 * 10**7 * 0.0000133334)


def test_one_trace_a_second_and_one_in_twenty_of_the_rest() -> None:
    assert traces(1000) == 1000
    assert traces(SECONDS_PER_MONTH + 100) == SECONDS_PER_MONTH + 5


def test_every_price_has_a_source() -> None:
    rates, _ = prices()
    assert [name for name, price in rates.items() if not price.source] == []


def test_the_template_is_read() -> None:
    ours = stack()
    assert (ours.queues, ours.dashboards) == (5, 1)
    assert ours.alarm_metrics >= 10
