"""Structured logs for the operator: ids, counts and durations, but no addresses, secrets or text of users."""

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """Return the process's logger. Powertools reads its service name and level from the environment."""
    return Logger()
