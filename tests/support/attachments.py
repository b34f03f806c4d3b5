"""Files to attach, and uploading them as a browser does."""

import io
import struct
import wave
from typing import Any

import httpx
import pillow_heif
from PIL import Image
from pypdf import PdfWriter

from tests.support.people import Person
from tests.support.waiting import HANG_SECONDS

MEGABYTE = 1024 * 1024


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **saved: Any) -> bytes:
    """A picture with metadata: a position, and a word that must not be stored."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "SEGREDO-NO-EXIF"
    exif.get_ifd(0x8825)[2] = (23.0, 33.0, 1.0)
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.save(out, kind, exif=exif, **saved)
    return out.getvalue()


def pdf(pages: int = 3, password: str = "") -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def wav(seconds: float = 2, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes(b"\x80" * int(seconds * rate))
    return out.getvalue()


def opus(seconds: float = 3) -> bytes:
    """The pages of a voice message as WhatsApp records it: a header, comments, and one page of frames."""
    header = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    comments = b"OpusTags" + struct.pack("<I", 4) + b"test" + struct.pack("<I", 0)
    last = int(seconds * 48000)
    return _ogg(2, 0, 0, header) + _ogg(0, 0, 1, comments) + _ogg(4, last, 2, b"\xf8\xff\xfe" * 20)


def _ogg(flags: int, granule: int, number: int, packet: bytes) -> bytes:
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 7, number, 0, 1)
    return head + bytes([len(packet)]) + packet


def announce(person: Person, content: bytes, name: str = "arquivo", **changed: Any) -> httpx.Response:
    body = {"nome": name, "tipo": "application/octet-stream", "tamanho": len(content), **changed}
    return person.http.post("/chat/attachments", json=body)


def send(form: dict[str, Any], content: bytes, **changed: str) -> httpx.Response:
    """Send the form that the product answered, as a browser does: fields first, then the file."""
    fields = {**form["campos"], **changed}
    return httpx.post(form["url"], data=fields, files={"file": ("blob", content)}, timeout=HANG_SECONDS)


def upload(person: Person, content: bytes, name: str = "arquivo") -> int:
    """Upload a file. Returns the id of the attachment, which is not checked yet."""
    announced = announce(person, content, name)
    assert announced.status_code == 201, announced.text
    sent = send(announced.json(), content)
    assert sent.status_code == 204, sent.text
    return int(announced.json()["id"])


def ready(person: Person, attachment_id: int) -> dict[str, Any]:
    answer = person.http.post(f"/chat/attachments/{attachment_id}/ready")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def attach(person: Person, content: bytes, name: str = "arquivo") -> dict[str, Any]:
    """Upload a file and let it be checked. Returns the JSON of the attachment."""
    return ready(person, upload(person, content, name))


def heic(size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture as an iPhone stores it, lying on its side."""
    exif = Image.Exif()
    exif[0x010E] = "SEGREDO-NO-EXIF"
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    pillow_heif.from_pillow(image).save(out, quality=50, exif=exif.tobytes())
    return out.getvalue()


def mp3(seconds: float = 2) -> bytes:
    """Silent frames of MPEG-1 layer III with 128 kbit/s at 44.1 kHz: 417 bytes for 1,152 samples."""
    frame = b"\xff\xfb\x90\xc4" + bytes(413)
    return frame * round(seconds * 44100 / 1152)


def aac(seconds: float = 2) -> bytes:
    """Frames of AAC without a container, of 1,024 samples at 44.1 kHz."""
    payload = bytes(200)
    length = len(payload) + 7
    header = bytes([0xFF, 0xF1, 0x50, 0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F, 0xFC])
    return (header + payload) * round(seconds * 44100 / 1024)


def m4a(seconds: float = 2, handler: bytes = b"soun") -> bytes:
    """The boxes of an MPEG-4 file with one track, as a phone's recorder writes them, and no samples."""
    duration = int(seconds * 1000)
    movie = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, duration) + bytes(80))
    media = _box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, duration) + bytes(4))
    kind = _box(b"hdlr", bytes(8) + handler + bytes(13))
    stream = b"\x03\x19\0\x01\0\x04\x11\x40\x15\0\0\0" + struct.pack(">II", 128000, 128000) + b"\x05\x02\x12\x10"
    described = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHIHH", 1, 16, 0, 44100, 0)
    entry = _box(b"mp4a", described + _box(b"esds", bytes(4) + stream + b"\x06\x01\x02"))
    table = _box(b"stbl", _box(b"stsd", bytes(4) + struct.pack(">I", 1) + entry))
    track = _box(b"trak", _box(b"mdia", media + kind + _box(b"minf", table)))
    return _box(b"ftyp", b"M4A \0\0\0\0isom") + _box(b"moov", movie + track) + _box(b"mdat", bytes(400))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def flac(seconds: float = 2) -> bytes:
    """The header of a FLAC file with its number of samples, and no frames."""
    samples = int(seconds * 44100)
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + (44100 << 44 | 0 << 41 | 15 << 36 | samples).to_bytes(8)
    return b"fLaC" + b"\x80" + (34).to_bytes(3) + info + bytes(16) + bytes(200)
