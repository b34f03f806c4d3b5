"""Structured logs for the operator: ids, counts and durations; never addresses, secrets or what people wrote."""

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The process's logger; its service name and level come from the POWERTOOLS_* variables."""
    return Logger()
