"""The child process that inspects files: its limits, its result for every kind, and what becomes of its failures."""

import io
import textwrap
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageStat

from falaai.repositories.files import Kind
from falaai.web import texts
from falaai_attachments import inspector
from falaai_attachments.inspection import images
from falaai_attachments.inspection.__main__ import CPU_SECONDS, MEMORY_BYTES
from falaai_attachments.inspector import FileRefused, Inspected, inspect
from tests.support import attachments

Try = Callable[[bytes], Inspected]


@pytest.fixture
def try_file(tmp_path: Path) -> Try:
    def begin(content: bytes) -> Inspected:
        (tmp_path / "source").write_bytes(content)
        return inspect(tmp_path / "source", tmp_path)

    return begin


@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [
        (attachments.photo("GIF"), Kind.IMAGE, "image/jpeg"),
        (attachments.heic(), Kind.IMAGE, "image/jpeg"),
        (attachments.mp3(), Kind.AUDIO, "audio/mp3"),
        (attachments.aac(), Kind.AUDIO, "audio/aac"),
        (attachments.m4a(), Kind.AUDIO, "audio/mp4"),
        (attachments.flac(), Kind.AUDIO, "audio/flac"),
        (attachments.opus(), Kind.AUDIO, "audio/ogg"),
    ],
    ids=["gif", "heic", "mp3", "aac", "m4a", "flac", "opus"],
)
def test_kind_is_known_by_the_content_alone(try_file: Try, content: bytes, kind: Kind, media_type: str) -> None:
    facts = try_file(content).facts
    assert (facts.kind, facts.media_type) == (kind, media_type)
    if kind is Kind.AUDIO:
        assert facts.seconds == (3 if media_type == "audio/ogg" else 2)
        assert facts.tokens == 32 * facts.seconds


@pytest.mark.parametrize("make", [attachments.mp3, attachments.aac, attachments.m4a, attachments.flac])
def test_recording_of_more_than_15_minutes_is_refused(try_file: Try, make: Callable[[float], bytes]) -> None:
    with pytest.raises(FileRefused, match="audio_too_long"):
        try_file(make(15 * 60 + 2))


def test_film_is_refused_also_under_the_brand_of_a_recording(try_file: Try) -> None:
    with pytest.raises(FileRefused, match="video"):
        try_file(attachments.m4a(handler=b"vide"))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_image_is_turned_upright_and_loses_its_metadata(try_file: Try, kind: str) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SEGREDO"
    exif.get_ifd(0x8825)[2] = (23.0, 33.0, 1.0)
    lying = Image.new("RGB", (400, 200), "red")
    lying.paste("blue", (200, 0, 400, 200))
    lying.save(out, kind, exif=exif)
    found = try_file(out.getvalue())
    stored = Image.open(io.BytesIO(found.content.read_bytes())).convert("RGB")
    assert (stored.size, found.facts.width, found.facts.height) == ((200, 400), 200, 400)
    (above, below) = stored.getpixel((100, 50)), stored.getpixel((100, 350))
    assert above[0] > 200 > below[0]  # type: ignore[index]
    for one in (found.content, found.small, found.screen):
        assert b"SEGREDO" not in one.read_bytes()
        assert not Image.open(io.BytesIO(one.read_bytes())).getexif()


def test_transparent_image_stays_transparent(try_file: Try) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 60)).save(out, "PNG")
    found = try_file(out.getvalue())
    assert found.facts.media_type == "image/webp"
    assert Image.open(io.BytesIO(found.content.read_bytes())).mode == "RGBA"


def test_excerpt_is_the_beginning_of_the_text(try_file: Try) -> None:
    assert try_file(("linha\n" * 5000).encode()).facts.excerpt == ("linha\n" * 5000)[:8000].strip()


def replace_program(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Let the inspector run this code as its child."""
    package = folder / "code/falaai_attachments/inspection"
    package.mkdir(parents=True)
    for one in (package.parent, package):
        (one / "__init__.py").touch()
    (package / "__main__.py").write_text(textwrap.dedent(code))
    monkeypatch.setattr(inspector, "_CODE", folder / "code")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "too_complex"),
        ("raise SystemExit(3)", "damaged"),
        ("print('not json')", "damaged"),
        ("import time; time.sleep(100)", "too_complex"),
    ],
    ids=["killed", "failed", "no result", "too long"],
)
def test_child_without_a_result_is_a_refusal(
    try_file: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    replace_program(monkeypatch, tmp_path, code)
    monkeypatch.setattr(inspector, "SECONDS", 2.0 if "sleep" in code else 60.0)
    with pytest.raises(FileRefused, match=reason):
        try_file(b"x")
    assert reason in texts.FILE_REFUSALS


def test_child_gets_neither_the_environment_nor_open_files(
    try_file: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "import json, os, sys; json.dump({'refused': ' '.join(sorted(os.environ) + os.listdir('/proc/self/fd'))}"
    replace_program(monkeypatch, tmp_path, f"{told}, sys.stdout)")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "segredo")
    with pytest.raises(FileRefused) as refused:
        try_file(b"x")
    known = {"LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH", "0", "1", "2", "3"}
    assert set(refused.value.reason.split()) <= known


def test_child_limits_its_memory_and_its_time_before_it_reads_the_file(
    try_file: Try, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MEMORY_BYTES <= 768 * 1024 * 1024
    assert inspector.SECONDS > CPU_SECONDS
    own = Path(inspector.__file__).parents[1]
    replace_program(
        monkeypatch,
        tmp_path,
        f"""
        import json, sys, resource
        sys.path.insert(0, {str(own)!r})
        for name in [one for one in sys.modules if one.startswith("falaai_attachments")]:
            del sys.modules[name]
        from falaai_attachments.inspection import __main__ as program
        program.kind_of = lambda source: lambda *_: bytearray(2_000_000_000) and {{}}
        program.main()
        """,
    )
    with pytest.raises(FileRefused, match="too_complex"):
        try_file(b"x")


def test_large_heic_is_reduced_in_strips_without_a_seam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"MAX_PIXELS_OPAQUE": 1000, "MAX_SIDE": 100, "STRIP_ROWS": 7}.items():
        monkeypatch.setattr(images, name, value)
    source = tmp_path / "praia.heic"
    source.write_bytes(attachments.heic((320, 240)))
    images.inspect_image(source, tmp_path)
    pillow_heif.register_heif_opener()
    with Image.open(source) as whole, Image.open(tmp_path / "content") as reduced:
        assert reduced.size == (80, 60)
        expected = whole.convert("RGB").reduce(4)
        assert max(ImageStat.Stat(ImageChops.difference(expected, reduced)).mean) < 3
