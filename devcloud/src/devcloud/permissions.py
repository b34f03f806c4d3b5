"""Permissions of the functions: which key belongs to which role, and what the role's policies allow."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devcloud.action_record import ActionRecord
from devcloud.intrinsics import ACCOUNT


@dataclass(frozen=True)
class Role:
    """The role of one function. `statements` are those of its policies, with resolved values."""

    name: str
    function: str
    secret: str
    statements: list[dict[str, Any]]

    @property
    def arn(self) -> str:
        """Return the principal that AWS names in its errors."""
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/{self.function}"

    def allows(self, action: str, resource: str | None) -> bool:
        """Return whether the policies allow an action, such as s3:GetObject. A `resource` of None is any resource.

        A Deny wins. The Condition of a statement is taken as fulfilled.
        """
        effects = {one["Effect"] for one in self.statements if _applies(one, action, resource)}
        return effects == {"Allow"}

    def refusal(self, action: str, resource: str | None) -> str:
        """Return the sentence with which AWS refuses an action."""
        where = f" on resource: {resource}" if resource else ""
        return (
            f"User: {self.arn} is not authorized to perform: {action}{where} because no identity-based policy allows "
            f"the {action} action"
        )


class Permissions:
    """Roles by access key. All other keys are those of the account's owner, who may do everything."""

    def __init__(self, roles: dict[str, Role]) -> None:
        self._roles = roles

    @classmethod
    def read(cls, path: Path) -> "Permissions":
        """Read the file that `devcloud.roles` wrote."""
        return cls({key: Role(**role) for key, role in json.loads(path.read_text("utf-8")).items()})

    def role(self, access_key: str) -> Role | None:
        """Return the role whose key this is, or None if it is the owner's."""
        return self._roles.get(access_key)


def first_refused(
    role: Role, actions: Iterable[tuple[str, str | None]], record: ActionRecord
) -> tuple[str, str | None] | None:
    """Record these actions on resources. Returns the first one that the role does not allow, or None."""
    refused = []
    for action, resource in actions:
        is_allowed = role.allows(action, resource)
        record.add(role.function, action, resource, is_allowed=is_allowed)
        if not is_allowed:
            refused.append((action, resource))
    return next(iter(refused), None)


def _applies(statement: dict[str, Any], action: str, resource: str | None) -> bool:
    if not _matches(statement, "Action", action.lower()):
        return False
    return resource is None or _matches(statement, "Resource", resource)


def _matches(statement: dict[str, Any], key: str, value: str) -> bool:
    if f"Not{key}" in statement:
        return not any(_pattern(one, key).fullmatch(value) for one in _as_list(statement[f"Not{key}"]))
    return any(_pattern(one, key).fullmatch(value) for one in _as_list(statement.get(key, [])))


@cache
def _pattern(text: str, key: str) -> re.Pattern[str]:
    """Translate IAM's wildcards. Actions are compared in lower case, resources exactly."""
    text = text.lower() if key == "Action" else text
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
