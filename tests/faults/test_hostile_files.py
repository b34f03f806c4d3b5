"""Malformed and hostile files: each ends as a checked file or as a refusal with a sentence, and within its limits.

`make test` takes a sample of the mutated files; `make test-faults` takes 500. Each file is inspected in a process of
its own, as by the function.
"""

import random
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from falaai.web import texts
from falaai_attachments.inspector import FileRefused, inspect
from tests.support import attachments
from tests.support.attachments import attach
from tests.support.people import Person
from tests.support.pictures import hostile_jpeg
from tests.support.waiting import IS_WHOLE

MUTATED = 500 if IS_WHOLE else 60
# The same files in every run.
SEED = 18
SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpeg": attachments.photo,
    "progressive": lambda: attachments.photo(progressive=True),
    "png": lambda: attachments.photo("PNG"),
    "gif": lambda: attachments.photo("GIF"),
    "webp": lambda: attachments.photo("WEBP"),
    "heic": attachments.heic,
    "pdf": lambda: attachments.pdf(5),
    "wav": attachments.wav,
    "opus": attachments.opus,
    "mp3": attachments.mp3,
    "aac": attachments.aac,
    "m4a": attachments.m4a,
    "flac": attachments.flac,
    "text": lambda: "maçã;pera\n".encode() * 100,
}


def outcome(content: bytes) -> str:
    """Inspect a file. Returns the kind of an accepted one, or the code of the refusal."""
    with TemporaryDirectory() as name:
        source = Path(name) / "source"
        source.write_bytes(content)
        try:
            return f"accepted {inspect(source, Path(name)).facts.kind}"
        except FileRefused as refusal:
            return refusal.reason


def mutated(source: random.Random, content: bytes, other: bytes) -> bytes:
    """Return the content with one to twenty changes: flipped, cut, repeated, overwritten or mixed."""
    changed = bytearray(content)
    for _ in range(source.randint(1, 20)):
        place = source.randrange(len(changed))
        kind = source.randrange(7)
        if kind == 0:
            changed[place] ^= 1 << source.randrange(8)
        elif kind == 1:
            changed[place : place + 4] = source.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
        elif kind == 2 and len(changed) > 64:
            del changed[place : place + source.randrange(1, 64)]
        elif kind == 3:
            piece = changed[place : place + source.randrange(1, 256)]
            changed[place:place] = piece * source.randrange(1, 20)
        elif kind == 4:
            changed[place:place] = source.randbytes(source.randrange(1, 64))
        elif kind == 5 and place > 32:
            del changed[place:]
        else:
            changed += other[source.randrange(len(other)) :]
    return bytes(changed)


def mutations() -> Iterator[bytes]:
    source, samples = random.Random(SEED), [make() for make in SAMPLES.values()]
    for number in range(MUTATED):
        yield mutated(source, samples[number % len(samples)], source.choice(samples))


def test_mutated_files_end_as_files_or_as_refusals() -> None:
    with ThreadPoolExecutor(2) as pool:
        outcomes = Counter(pool.map(outcome, mutations()))
    print(f"{MUTATED} mutated files: {dict(outcomes.most_common())}")
    assert outcomes.total() == MUTATED
    assert {name for name in outcomes if not name.startswith("accepted")} <= set(texts.FILE_REFUSALS)
    assert sum(count for name, count in outcomes.items() if not name.startswith("accepted")) > MUTATED // 10


def png_of(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def zeros(megabytes: int) -> bytes:
    """Return zlib data that grow to this many megabytes."""
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(1024 * 1024)) for _ in range(megabytes)) + packing.flush()


def pdf_with(stream: bytes = b"", kids: str = "3 0 R", filters: str = "/FlateDecode") -> bytes:
    """A document of three objects: catalog, page tree, and a page whose content is `stream`."""
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        + f"2 0 obj\n<< /Type /Pages /Kids [{kids}] /Count 1 >>\nendobj\n".encode()
        + b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>\nendobj\n"
        + f"4 0 obj\n<< /Length {len(stream)} /Filter {filters} >>\nstream\n".encode()
        + stream
        + b"\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF"
    )


BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "png of 900 megapixels": (lambda: png_of(30000, 30000, _chunk(b"IDAT", zeros(8))), {"too_many_pixels"}),
    "png with a text of 400 MB": (
        lambda: png_of(9, 9, _chunk(b"zTXt", b"a\0\0" + zeros(400)), _chunk(b"IDAT", zlib.compress(bytes(252)))),
        {"damaged", "too_complex", "accepted imagem"},
    ),
    "png whose pixels never end": (
        lambda: png_of(4000, 4000, _chunk(b"IDAT", zeros(900))),
        {"accepted imagem", "damaged"},
    ),
    "gif of 4 gigapixels": (
        lambda: b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b"," + bytes(4) + b"\xff" * 4 + bytes(9),
        {"too_many_pixels", "damaged"},
    ),
    "webp of 268 megapixels": (
        lambda: b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\x3f\0" * 2
        + b"VP8 " + bytes(4),
        {"too_many_pixels", "damaged"},
    ),
    "jpeg with 3,000 scans": (lambda: hostile_jpeg(3000, side=2000), {"too_complex"}),
    "pdf with a page of 1 GB": (lambda: pdf_with(zeros(1000)), {"accepted pdf", "too_complex", "damaged"}),
    "pdf packed twice": (
        lambda: pdf_with(zlib.compress(zeros(1000)), filters="[/FlateDecode /FlateDecode]"),
        {"accepted pdf", "too_complex", "damaged"},
    ),
    "pdf whose pages contain themselves": (lambda: pdf_with(kids="2 0 R 2 0 R"), {"damaged", "too_complex"}),
    "pdf with a million references": (
        lambda: pdf_with(kids="3 0 R " * 1_000_000),
        {"damaged", "too_complex", "too_many_pages"},
    ),
    "pdf of open brackets": (lambda: b"%PDF-1.7\n1 0 obj\n" + b"[" * 500_000, {"damaged", "too_complex"}),
    "zip in a gif": (lambda: attachments.photo("GIF") + b"PK\x03\x04" + bytes(90), {"accepted imagem"}),
    "script in a jpeg": (lambda: attachments.photo() + b"<script>alert(1)</script>", {"accepted imagem"}),
    "text that is no text": (lambda: b"\xef\xbb\xbf" + bytes(range(256)), {"unknown_kind"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_ends_within_the_limits_of_its_process(name: str) -> None:
    make, expected = BOMBS[name]
    assert outcome(make()) in expected


def test_bytes_behind_an_image_are_not_stored(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(attachments.photo() + b"<script>alert(1)</script>PK\x03\x04")
    stored = inspect(source, tmp_path).content.read_bytes()
    assert b"script" not in stored
    assert b"PK\x03\x04" not in stored


@pytest.mark.parametrize("name", ["png of 900 megapixels", "pdf of open brackets", "text that is no text"])
def test_hostile_file_is_answered_with_a_sentence(member: Person, name: str) -> None:
    make, expected = BOMBS[name]
    refused = attach(member, make(), "presente.png")
    assert refused["estado"] == "recusado"
    assert refused["motivo"] in expected
    assert refused["frase"] == texts.FILE_REFUSALS[refused["motivo"]]
