"""Times and events of schedules."""

import asyncio
from datetime import UTC, datetime
from itertools import islice

import pytest

from devcloud import schedules
from devcloud.errors import TemplateError
from devcloud.schedules import occurrences, run_schedule, schedule_event
from devcloud.template import Schedule

START = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # a Sunday


def schedule(expression, timezone="UTC", source="aws.scheduler", payload=None):
    return Schedule("Daily", "Cleanup", expression, timezone, payload, source)


def first(expression, count=2, timezone="UTC"):
    return [
        time.strftime("%Y-%m-%d %H:%M") for time in islice(occurrences(schedule(expression, timezone), START), count)
    ]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(5 minutes)", ["2026-11-22 12:35", "2026-11-22 12:40"]),
        ("rate(1 hour)", ["2026-11-22 13:30", "2026-11-22 14:30"]),
        ("rate(1 day)", ["2026-11-23 12:30", "2026-11-24 12:30"]),
        ("cron(0 4 * * ? *)", ["2026-11-23 04:00", "2026-11-24 04:00"]),
        ("cron(0/15 * * * ? *)", ["2026-11-22 12:45", "2026-11-22 13:00"]),
        ("cron(0 9 ? * 2-6 *)", ["2026-11-23 09:00", "2026-11-24 09:00"]),
        ("cron(0 9 ? * 1 *)", ["2026-11-29 09:00", "2026-12-06 09:00"]),
        ("cron(0 9 ? * 6#1 *)", ["2026-12-04 09:00", "2027-01-01 09:00"]),
        ("cron(0 9 ? * 6L *)", ["2026-11-27 09:00", "2026-12-25 09:00"]),
        ("cron(0 9 ? * MON,FRI *)", ["2026-11-23 09:00", "2026-11-27 09:00"]),
        ("cron(0 0 L * ? *)", ["2026-11-30 00:00", "2026-12-31 00:00"]),
        ("cron(0 0 1 1 ? 2028-2029)", ["2028-01-01 00:00", "2029-01-01 00:00"]),
    ],
)
def test_expressions(expression, times):
    assert first(expression) == times


def test_schedule_uses_its_time_zone():
    assert first("cron(0 4 * * ? *)", 1, "America/Sao_Paulo") == ["2026-11-23 07:00"]


@pytest.mark.parametrize(
    ("expression", "timezone"),
    [
        ("every day", "UTC"),
        ("cron(0 4 * * * *)", "UTC"),
        ("cron(0 4 ? * ? *)", "UTC"),
        ("cron(99 4 * * ? *)", "UTC"),
        ("cron(0 4 * * ? *)", "Mars/Olympus"),
    ],
)
def test_invalid_schedule_raises_template_error(expression, timezone):
    with pytest.raises(TemplateError, match=r"schedule|Schedule"):
        occurrences(schedule(expression, timezone), START)


def test_events():
    assert schedule_event(schedule("rate(1 day)", payload='{"a": 1}'), START, "us-east-1") == {"a": 1}
    rule = schedule_event(schedule("rate(1 day)", source="aws.events"), START, "us-east-1")
    assert rule["source"] == "aws.events"
    assert rule["time"] == "2026-11-22T12:30:00Z"
    assert rule["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/Daily"]


def test_function_is_invoked_at_each_occurrence(monkeypatch):
    calls = []

    class Pool:
        async def invoke(self, event):
            calls.append(event)

    times = [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)]
    monkeypatch.setattr(schedules, "occurrences", lambda *_: iter(times))
    asyncio.run(asyncio.wait_for(run_schedule(schedule("rate(1 day)"), Pool(), "us-east-1"), 5))
    assert [call["time"] for call in calls] == ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"]
