"""Inspect a file: python -m falaai_attachments.inspection FILE FOLDER. Prints JSON: facts, or the code of a refusal.

Re-encoded bytes are written to FOLDER/content, previews of an image to FOLDER/small and FOLDER/screen.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from falaai_attachments.inspection.content_kinds import kind_of
from falaai_attachments.inspection.refusal import Refusal

MEGABYTE = 1024 * 1024
# Address space. A function of 1,024 MB has room for this beside its own process.
MEMORY_BYTES = 640 * MEGABYTE
CPU_SECONDS = 10
# The largest written file; a re-encoded image is smaller than the largest upload.
WRITTEN_BYTES = 32 * MEGABYTE
OPEN_FILES = 64


def limit_resources() -> None:
    """Limit this process before it reads the file."""
    limits = {
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: WRITTEN_BYTES,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if sys.platform == "linux":  # macOS refuses a limit below what a process reserves at its start
        limits[resource.RLIMIT_AS] = MEMORY_BYTES
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def inspect(source: Path, folder: Path) -> dict[str, Any]:
    """Return facts about the file, or the code of its refusal. A parser's failure means that it is damaged."""
    try:
        return kind_of(source)(source, folder)
    except Refusal as refusal:
        return {"refused": refusal.args[0]}
    except (MemoryError, RecursionError):
        return {"refused": "too_complex"}
    except Exception:  # noqa: BLE001 - parsers raise anything for hostile bytes
        return {"refused": "damaged"}


def main() -> None:
    limit_resources()
    sys.stdout.write(json.dumps(inspect(Path(sys.argv[1]), Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
