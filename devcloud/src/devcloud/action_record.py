"""Record of the AWS actions that functions take, to compare them with their roles.

The environment variable DEVCLOUD_ACTIONS names its file. Several devclouds may append to one file. Each line is JSON:
{"function", "action", "resource", "is_allowed"}. The resource is null if it is not known for this service.
"""

import json
import os
from pathlib import Path
from threading import Lock

VARIABLE = "DEVCLOUD_ACTIONS"


class ActionRecord:
    """Append each action once. Without a file it records nothing. Threads may share it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: set[str] = set()
        self._lock = Lock()

    @classmethod
    def from_environment(cls) -> "ActionRecord":
        name = os.environ.get(VARIABLE)
        return cls(Path(name) if name else None)

    def add(self, function: str, action: str, resource: str | None, *, is_allowed: bool) -> None:
        if self._path is None:
            return
        entry = {"function": function, "action": action, "resource": resource, "is_allowed": is_allowed}
        line = json.dumps(entry) + "\n"
        with self._lock:
            if line in self._known:
                return
            self._known.add(line)
            # in append mode, short lines of several devclouds do not mix
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
