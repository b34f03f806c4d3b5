"""São Paulo's clock: days as the people who use FalaAI count them. Times come in as UTC without a zone."""

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone() -> ZoneInfo:
    return ZoneInfo("America/Sao_Paulo")


def local(utc: datetime) -> datetime:
    """The same moment as a clock in São Paulo shows it."""
    return utc.replace(tzinfo=UTC).astimezone(zone())


def day_of(utc: datetime) -> date:
    """The day it is in São Paulo."""
    return local(utc).date()
