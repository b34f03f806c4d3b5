"""Keys of exported archives in the bucket. A key has the id of its row in `exportacoes`: a retry overwrites it."""

import re

PREFIX = "exports/"


def key_of(export_id: int) -> str:
    return f"{PREFIX}{export_id}.zip"


def id_of(key: str) -> int | None:
    """Return the id in a key, or None if it is no key of an archive."""
    found = re.fullmatch(rf"{PREFIX}(\d+)\.zip", key)
    return int(found[1]) if found else None
