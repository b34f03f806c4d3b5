"""Answers the schedule: one sweep, within the function's time."""

from typing import Any

from falaai import settings
from falaai.database import database
from falaai.logs import logger
from falaai_cleanup.sweep import sweep

# Left for the batch under way and the answer when the sweep stops.
MARGIN_SECONDS = 15


def handle(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """What was swept, in rows by kind; what did not fit into the time goes at the next run."""
    logger().set_correlation_id(context.aws_request_id)
    retention_days = settings.read(settings.RetentionSettings).retention_days
    swept = sweep(
        database(),
        retention_days,
        has_time=lambda: context.get_remaining_time_in_millis() > MARGIN_SECONDS * 1000,
    )
    logger().info("swept", extra=swept)
    return swept
