"""Keys of archives in the bucket. A key contains the id of its row in `exportacoes`; a retry uses the same key."""

import re

PREFIX = "exports/"


def key_of(export_id: int) -> str:
    return f"{PREFIX}{export_id}.zip"


def id_of(key: str) -> int | None:
    """Return the export id in a key, or None if the key does not have the form of `key_of`."""
    found = re.fullmatch(rf"{PREFIX}(\d+)\.zip", key)
    return int(found[1]) if found else None
