"""Random secrets of this machine, stored in a file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path


def write_private_file(path: Path, text: str) -> None:
    """Write a file atomically, readable only by its owner."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)


class SecretStore:
    """Store of secrets by name; a secret stays the same across starts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def get(self, name: str) -> str:
        """Return the secret of `name`: 64 characters, safe in URLs, SQL and shells. Create it at first use."""
        if name not in self._known:
            self._known[name] = secrets.token_urlsafe(48)
            write_private_file(self._path, json.dumps(self._known, indent=1))
        return self._known[name]
