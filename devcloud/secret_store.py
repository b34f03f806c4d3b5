"""Secrets of this machine's copy: made once at random, kept in a file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Writes a file that is there either whole or not at all, and readable by its owner alone."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)


class SecretStore:
    """Gives the secret of a name, the same one at every start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def get(self, name: str) -> str:
        """The secret of `name`, 64 characters safe in URLs, SQL literals and shells; made at its first use."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(48)
            write_privately(self._path, json.dumps(self._known, indent=1))
        return self._known[name]
