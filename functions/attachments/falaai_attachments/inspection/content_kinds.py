"""The kind of a file by its first bytes. Neither its name nor its declared type counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from falaai_attachments.inspection.refusal import Refusal
from falaai_attachments.inspection.signatures import is_audio, is_image

Inspection = Callable[[Path, Path], dict[str, Any]]

_HEAD_BYTES = 4096


def kind_of(source: Path) -> Inspection:
    """Return the function that inspects a file of this kind. Raises Refusal for other kinds."""
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if is_image(head):
        from falaai_attachments.inspection.images import inspect_image

        return inspect_image
    if head.startswith(b"%PDF-"):
        from falaai_attachments.inspection.documents import inspect_pdf

        return inspect_pdf
    if is_audio(head):
        from falaai_attachments.inspection.audio import inspect_audio

        return inspect_audio
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        raise Refusal("office_or_zip")
    if head.startswith(b"\x1aE\xdf\xa3") or head[4:8] == b"ftyp":
        raise Refusal("video")
    from falaai_attachments.inspection.plain_text import inspect_text

    return inspect_text
