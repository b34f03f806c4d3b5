"""Compare the AWS actions that functions took on devcloud, in all tests of a run, with the actions of their roles.

devcloud refuses an action that a role lacks, and that fails the run. In a whole run each action of a role must also
have been used, or have a reason in UNUSED. A run of some tests is judged by refused actions alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devcloud.roles import role_statements
from operations.deployment import fixed_parameters
from tests.support.paths import ROOT

REGION = "us-east-1"
_LAMBDA = "Lambda itself uses it, before and after the function's code runs"
_TRACES = "Lambda itself sends its segments; it needs these actions of AWS's managed policy"
# Actions of a function on a resource that no test uses on devcloud, each with its reason. A `*` is anything.
UNUSED = {
    ("*", "logs:*", "*"): "Lambda itself writes the log",
    ("*", "xray:*", "*"): "Lambda itself sends its segments; these are the actions of AWS's managed policy",
    ("*", "sqs:GetQueueAttributes", "*"): "Lambda's poller reads the length of the queue, to add or remove pollers",
    # A test may use the following by chance.
    ("CleanupFunction", "sqs:ChangeMessageVisibility", "*"): "a round waits only while the database does not answer",
    ("CleanupFunction", "sqs:SendMessage", "*:CleanupQueue"): (
        "a cleanup continues after 300 seconds; test_cleanup_rounds.py does so with less time"
    ),
    ("AttachmentsFunction", "s3:DeleteObject", "*/attachments/*"): (
        "the same file must be checked twice at once, which two tabs in tests/system/test_attachments.py may miss"
    ),
    ("CleanupFunction", "s3:DeleteObject", "*"): (
        "an orphaned picture must be a day old; tests/integration/test_cleanup.py shortens that"
    ),
}


@dataclass(frozen=True)
class Grant:
    """An action that a role allows on a resource; both may have wildcards."""

    function: str
    action: str
    resource: str

    def covers(self, entry: dict[str, Any]) -> bool:
        if self.function != entry["function"] or not _matches(self.action, entry["action"]):
            return False
        return entry["resource"] is None or _matches(self.resource, entry["resource"])

    @property
    def reason(self) -> str:
        return next((reason for named, reason in UNUSED.items() if self.is_named_by(named)), "")

    def is_named_by(self, named: tuple[str, str, str]) -> bool:
        return all(map(_matches, named, (self.function, self.action, self.resource)))

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.resource}"


@cache
def grants() -> tuple[Grant, ...]:
    """Return every action of every role, as `make deploy ENV=dev` makes them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    text, managed = (ROOT / "template.yaml").read_text(encoding="utf-8"), json.loads(aws_managed_policies_data)
    roles = role_statements(text, fixed_parameters("dev"), REGION, managed)
    found = (
        Grant(function, action, resource)
        for function, (_, statements) in roles.items()
        for statement in statements
        if statement["Effect"] == "Allow"
        for action in _as_list(statement["Action"])
        for resource in _as_list(statement["Resource"])
    )
    return tuple(dict.fromkeys(found))


def recorded(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def refused(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each action that a function tried and its role lacks."""
    for entry in entries:
        if not entry["is_allowed"]:
            yield f"{entry['function']} was refused {entry['action']} on {entry['resource']}: its role lacks it"


def unused(entries: list[dict[str, Any]], given: tuple[Grant, ...]) -> Iterator[str]:
    """Yield a sentence for each action of a role that no test used, and for each reason without such an action."""
    idle = [grant for grant in given if not any(grant.covers(entry) for entry in entries)]
    for grant in idle:
        if not grant.reason:
            yield f"{grant}: never used; take it out of template.yaml, use it in a test, or give a reason in UNUSED"
    for named in UNUSED:
        if not any(grant.is_named_by(named) for grant in given):
            yield f"UNUSED names {' '.join(named)}, which no role has; take it out of the list"


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) is not None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
