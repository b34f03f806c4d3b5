"""Local time and days in São Paulo, the time zone of the users. Arguments are naive UTC."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone() -> ZoneInfo:
    return ZoneInfo("America/Sao_Paulo")


def local(utc: datetime) -> datetime:
    """Return the same moment in São Paulo's time zone."""
    return utc.replace(tzinfo=UTC).astimezone(zone())


def day_of(utc: datetime) -> date:
    """Return the date in São Paulo."""
    return local(utc).date()


def next_midnight(utc: datetime) -> datetime:
    """Return the end of the current day in São Paulo, with its time zone."""
    return datetime.combine(day_of(utc) + timedelta(days=1), time(), zone())


def seconds_until(moment: datetime, now: datetime) -> int:
    """Return the whole seconds from `now`, naive UTC, to a moment with a time zone, rounded up."""
    return int((moment - now.replace(tzinfo=UTC)).total_seconds()) + 1
