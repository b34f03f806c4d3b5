"""Days of Sao Paulo, also where they had 23 or 25 hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from falaai.sao_paulo import day_of, next_midnight

MOMENT = timedelta(microseconds=1)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2031, 1, 1)))
@example(datetime(2018, 11, 4, 2, 59, 59))  # a second before midnight, which did not exist that night
@example(datetime(2018, 2, 18, 1, 30))  # 23:30 for the first time
@example(datetime(2018, 2, 18, 2, 30))  # 23:30 for the second time
def test_a_day_ends_at_its_own_midnight(utc: datetime) -> None:
    midnight = next_midnight(utc)
    in_utc = midnight.astimezone(UTC).replace(tzinfo=None)
    assert timedelta(0) < in_utc - utc <= timedelta(hours=25)
    assert day_of(in_utc - MOMENT) == day_of(utc)
    assert day_of(in_utc) == day_of(utc) + timedelta(days=1)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 6, 1, 2, 59), "2026-05-31"),
        (datetime(2026, 6, 1, 3, 0), "2026-06-01"),
        (datetime(2018, 12, 1, 1, 59), "2018-11-30"),  # summer time: two hours behind UTC
        (datetime(2018, 12, 1, 2, 0), "2018-12-01"),
    ],
)
def test_day_of(utc: datetime, day: str) -> None:
    assert str(day_of(utc)) == day
