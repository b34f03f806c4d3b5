"""Decide whether a deployment reserves concurrency: a new AWS account runs 10 functions at once and reserves none."""

import re
from typing import Any

from operations.deployment import ROOT, client

# Lambda keeps this many executions for functions that reserve none.
UNRESERVABLE = 100


def wanted() -> int:
    """Return the sum of all reservations in template.yaml."""
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    return sum(map(int, re.findall(r"ReservedConcurrentExecutions: !If \[Reserves, (\d+)", template)))


def choose(stack: dict[str, Any] | None) -> tuple[str, str]:
    """Return the value of ReservedConcurrency, and a sentence that gives the reason."""
    limits = client("lambda").get_account_settings()["AccountLimit"]
    total, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    if stack and _given(stack).get("ReservedConcurrency") == "on":
        free += wanted()  # this stack has already reserved these
    if free - UNRESERVABLE >= wanted():
        return "on", f"{wanted()} of the account's {total} concurrent executions are reserved for the web functions"
    return "off", (
        f"no concurrency is reserved: that needs {wanted() + UNRESERVABLE} unreserved executions, the account has "
        f"{free} of {total}. Ask Service Quotas for more “Concurrent executions” of Lambda, and deploy again"
    )


def _given(stack: dict[str, Any]) -> dict[str, str]:
    return {one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])}
