"""Files to attach, and uploading them as a browser does."""

import io
import struct
import wave
from typing import Any

import httpx
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
