"""Text, code and CSV: stored as UTF-8."""

import codecs
import re
from pathlib import Path
from typing import Any

from falaai_attachments.inspection.refusal import Refusal

# About a quarter of a million tokens, a quarter of what the models read at once.
MAX_CHARACTERS = 1_000_000
EXCERPT_CHARACTERS = 8000
# Portuguese text has about four characters for each token, code has fewer.
CHARACTERS_PER_TOKEN = 3
# Control characters that no text has: all but tab, line breaks, form feed and escape.
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def inspect_text(source: Path, folder: Path) -> dict[str, Any]:
    """Write the text as UTF-8 without a byte order mark. Returns facts about it; raises Refusal."""
    text = _decoded(source.read_bytes())
    if _BINARY.search(text):
        raise Refusal("unknown_kind")
    if not text.strip():
        raise Refusal("empty_text")
    if len(text) > MAX_CHARACTERS:
        raise Refusal("text_too_long")
    (folder / "content").write_bytes(text.encode())
    return {
        "kind": "texto",
        "media_type": "text/plain",
        "tokens": len(text) // CHARACTERS_PER_TOKEN + 1,
        "excerpt": text[:EXCERPT_CHARACTERS],
    }


def _decoded(content: bytes) -> str:
    """Return the text. Raises Refusal for bytes in no encoding that we read."""
    encodings = ("utf-16",) if content.startswith(_WIDE_MARKS) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("unknown_kind")
