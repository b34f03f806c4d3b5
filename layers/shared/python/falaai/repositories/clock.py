"""The database's clock. The clock of a function's machine may be wrong."""

from datetime import UTC, datetime

from falaai.database import Statements


def get_now(sql: Statements) -> datetime:
    """Return the current time with its zone, UTC."""
    row = sql.find("SELECT UTC_TIMESTAMP(6) AS now_utc")
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    now: datetime = row["now_utc"]
    return now.replace(tzinfo=UTC)
