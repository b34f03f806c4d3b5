"""Structured logs for the operator: ids, counts and durations, but no addresses, secrets or text of users."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """Return the process's logger. Powertools reads its service name and level from the environment."""
    return Logger()


def request_id_of(context: dict[str, Any]) -> str:
    """Return the id of a request from API Gateway's request context.

    It is the extended one: a client can set the other id, `requestId`, by the header X-Amzn-RequestId.
    """
    return str(context.get("extendedRequestId") or "")


def correlate(correlation_id: str) -> None:
    """Write this id into every following line of the log. Queue messages carry it to the workers."""
    logger().set_correlation_id(correlation_id or None)


def correlation_id() -> str:
    """Return the id of the current request or message; empty if there is none."""
    return logger().get_correlation_id() or ""
