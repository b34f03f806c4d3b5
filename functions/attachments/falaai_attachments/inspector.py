"""Inspect a file in a child process with limits on memory, CPU time and files: its content may be hostile.

The child gets paths, and no environment: neither keys nor addresses. It fetches nothing and runs nothing.
"""

import json
import os
import subprocess  # nosec B404
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from falaai.deadlines import seconds_left
from falaai.logs import logger
from falaai.repositories.files import FileFacts, Kind

# Wall-clock time of one inspection. The child's own limit is CPU time, which it usually reaches first.
SECONDS = 15.0
# Seconds of the request kept for storing the result.
RESERVE_SECONDS = 4.0
EXCERPT_MAX_CHARACTERS = 8000
_CODE = Path(__file__).parents[1]
# Lambda's Python finds its own library by this variable.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)


class FileRefused(Exception):
    """The file cannot be attached. `reason` is the stored code, a key of texts.FILE_REFUSALS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Inspected:
    """A file that may be stored: facts about it, its bytes, and the previews of an image."""

    facts: FileFacts
    content: Path
    small: Path
    screen: Path


def inspect(source: Path, folder: Path) -> Inspected:
    """Inspect `source`. The child writes re-encoded bytes and previews into `folder`. Raises FileRefused."""
    result = _run(source, folder)
    if "refused" in result:
        raise FileRefused(str(result["refused"]))
    facts = FileFacts(
        kind=Kind(result["kind"]),
        media_type=str(result["media_type"]),
        tokens=int(result["tokens"]),
        pages=result.get("pages"),
        seconds=result.get("seconds"),
        width=result.get("width"),
        height=result.get("height"),
        excerpt=_storable(result.get("excerpt")),
    )
    encoded = folder / "content"
    return Inspected(facts, encoded if encoded.exists() else source, folder / "small", folder / "screen")


def _run(source: Path, folder: Path) -> dict[str, Any]:
    """Return the child's result. A child that fails, or is killed at a limit, is a refusal."""
    command = [sys.executable, "-m", "falaai_attachments.inspection", str(source), str(folder)]
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    # It runs our own program on paths that we made.
    try:
        finished = subprocess.run(  # noqa: S603 # nosec B603
            command,
            env={**kept, "PYTHONPATH": str(_CODE)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=max(1.0, seconds_left(SECONDS, reserve=RESERVE_SECONDS)),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": "too_complex"}
    if finished.returncode:
        logger().warning("inspection ended without a result", extra={"status": finished.returncode})
        return {"refused": "too_complex" if finished.returncode < 0 else "damaged"}
    try:
        result = json.loads(finished.stdout)
    except ValueError:
        return {"refused": "damaged"}
    return dict(result)


def _storable(text: Any) -> str | None:
    """Return text that the database can store, without NUL and lone surrogates; None for no text."""
    if not isinstance(text, str):
        return None
    clean = text[:EXCERPT_MAX_CHARACTERS].replace("\0", "").encode(errors="ignore").decode().strip()
    return clean or None
