"""Local time and days in São Paulo, the time zone of the users. Arguments are naive UTC."""

from datetime import UTC, date, datetime
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
