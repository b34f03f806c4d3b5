"""Audio: its duration is read, and it is stored unchanged."""

from pathlib import Path
from typing import Any

from tinytag import TinyTag

from falaai_attachments.inspection.refusal import Refusal
from falaai_attachments.inspection.signatures import is_adts

MAX_SECONDS = 15 * 60
# Gemini's tokens for one second.
TOKENS_PER_SECOND = 32
_HEAD_BYTES = 12
# Sampling rates of AAC by their number in a frame's header, and samples of a frame.
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ADTS_SAMPLES = 1024
_TYPES = {b"OggS": "audio/ogg", b"fLaC": "audio/flac", b"RIFF": "audio/wav"}
# The mark of a track of pictures in an MPEG-4 file: the type of its handler, after 8 bytes of zeros.
_MOVING_PICTURES = b"hdlr\0\0\0\0\0\0\0\0vide"


def inspect_audio(source: Path, _folder: Path) -> dict[str, Any]:
    """Return facts about the recording. Raises Refusal."""
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[4:8] == b"ftyp" and _MOVING_PICTURES in source.read_bytes():
        raise Refusal("video")
    media_type = _type_of(head)
    seconds = _adts_seconds(source.read_bytes()) if media_type == "audio/aac" else _tagged_seconds(source)
    if not 0 < seconds < float("inf"):
        raise Refusal("damaged")
    if seconds > MAX_SECONDS:
        raise Refusal("audio_too_long")
    whole = max(1, round(seconds))
    return {"kind": "audio", "media_type": media_type, "seconds": whole, "tokens": whole * TOKENS_PER_SECOND}


def _type_of(head: bytes) -> str:
    """Return the type as Gemini names it."""
    if head[:4] in _TYPES:
        return _TYPES[head[:4]]
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    return "audio/aac" if is_adts(head) else "audio/mp3"


def _tagged_seconds(source: Path) -> float:
    with source.open("rb") as file:
        return TinyTag.get(file_obj=file, tags=False).duration or 0


def _adts_seconds(content: bytes) -> float:
    """Return the duration of AAC frames without a container, which TinyTag does not read."""
    rate, frames, place = 0, 0, 0
    while is_adts(content[place : place + 7]):
        header = content[place : place + 7]
        length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
        if length < 7:
            break
        rate = _ADTS_RATES[header[2] >> 2 & 15]
        frames += 1
        place += length
    return frames * _ADTS_SAMPLES / rate if rate else 0
