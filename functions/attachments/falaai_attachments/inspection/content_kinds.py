"""The kind of a file by its first bytes. Neither its name nor its declared type counts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from falaai_attachments.inspection.refusal import Refusal

Inspection = Callable[[Path, Path], dict[str, Any]]

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
# Of MPEG-4 files; those with pictures that move are refused later.
_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash", b"3gp")
_HEAD_BYTES = 4096


def kind_of(source: Path) -> Inspection:
    """Return the function that inspects a file of this kind. Raises Refusal for other kinds."""
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if _is_image(head):
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


def _is_image(head: bytes) -> bool:
    if head.startswith(_IMAGES) or is_heic(head):
        return True
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def is_audio(head: bytes) -> bool:
    if head.startswith((b"OggS", b"ID3", b"fLaC")) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        return True
    if head[4:8] == b"ftyp":
        return head[8:12].startswith(_AUDIO_BRANDS)
    return is_mpeg_frame(head) or is_adts(head)


def is_mpeg_frame(head: bytes) -> bool:
    """Return whether this is the header of an MP3 frame: 11 bits of synchronization, layer III, valid rates."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C


def is_adts(head: bytes) -> bool:
    """Return whether this is the header of a frame of AAC without a container."""
    return len(head) >= 7 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and (head[2] >> 2 & 15) <= 12
