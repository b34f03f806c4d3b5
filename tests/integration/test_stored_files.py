"""Files for the model on S3's protocol: the checked bytes alone, addresses for large files, deadlines, memory."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from falaai import settings
from falaai.conversation_memory import Turn
from falaai.errors import FileMissing, FilesUnavailable
from falaai.gemini.models import GeminiModels
from falaai.language_model import Completed, Prompt
from falaai.repositories.files import Kind, StoredFile
from falaai.s3 import s3_client
from falaai.stored_files import INLINE_BYTES, NamedFile, S3Files, linked_files
from tests.support.attached_files import bucket_of_test
from tests.support.fault_proxy import fault_proxy
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService
from tests.support.uploaded_files import PNG, pdf
from tests.support.waiting import HANG_SECONDS

BUCKET = "bucket-of-stored-files"
MEGABYTE = 1024 * 1024


@pytest.fixture
def s3(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings.read.cache_clear()
    monkeypatch.setenv("PICTURES_BUCKET", BUCKET)
    with bucket_of_test(cloud, monkeypatch, BUCKET) as client:
        yield client
    settings.read.cache_clear()


def stored(s3: Any, data: bytes, number: int = 1, kind: Kind = Kind.PDF, name: str = "a.pdf") -> NamedFile:
    key = f"attachments/7/{number}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=data)
    media_type = {Kind.PDF: "application/pdf", Kind.IMAGE: "image/png"}[kind]
    sha256 = hashlib.sha256(data).hexdigest()
    return NamedFile(name, StoredFile(number, 7, key, sha256, kind, media_type, len(data), 100))


def test_file_is_read_as_it_was_checked(s3: Any) -> None:
    (media,) = S3Files().read([stored(s3, PNG, kind=Kind.IMAGE, name="praia.png")])
    assert (media.name, media.media_type, media.data, media.uri) == ("praia.png", "image/png", PNG, None)


def test_bytes_that_were_replaced_and_objects_that_are_gone_are_never_sent(s3: Any) -> None:
    named = stored(s3, b"um")
    s3.put_object(Bucket=BUCKET, Key=named.file.key, Body=b"ou")
    with pytest.raises(FileMissing, match="other bytes"):
        S3Files().read([named])
    s3.delete_object(Bucket=BUCKET, Key=named.file.key)
    with pytest.raises(FileMissing, match="not in the bucket"):
        S3Files().read([named])


@pytest.mark.parametrize("fault", ["stall", "drop"])
def test_store_that_does_not_answer_is_given_up_in_time(
    s3: Any, cloud: RunningCloud, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = stored(s3, PNG, kind=Kind.IMAGE)
    parts = urlsplit(str(cloud.addresses["aws"]))
    assert parts.hostname
    assert parts.port
    with fault_proxy(parts.hostname, parts.port) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{proxy.address[0]}:{proxy.address[1]}")
        s3_client.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr("falaai.stored_files.READ_SECONDS", 0.5)
            proxy.stalling() if fault == "stall" else proxy.dropping()
            with pytest.raises(FilesUnavailable):
                S3Files().read([named])
        proxy.passing()
        s3_client.cache_clear()
        assert S3Files().read([named])[0].data == PNG


def test_largest_files_go_as_addresses_until_the_others_fit() -> None:
    def of(*megabytes: int) -> set[int]:
        file = StoredFile(0, 7, "k", "", Kind.PDF, "application/pdf", 0, 0)
        sizes = enumerate(megabytes, start=1)
        return linked_files([replace(file, id=number, size=size * MEGABYTE) for number, size in sizes])

    assert of(15) == set()
    assert of(20) == {1}
    assert of(5, 5, 5) == set()
    assert of(5, 6, 5) == {2}
    assert of(14, 20, 3) == {1, 2}
    assert of(20, 20, 20, 20, 20) == {1, 2, 3, 4, 5}


def models(gemini: FakeService) -> GeminiModels:
    options = settings.GeminiSettings(gemini_api_key="k" * 39, gemini_base_url=gemini.url)  # type: ignore[arg-type]
    return GeminiModels(options)


def test_model_reads_a_large_file_from_its_signed_address(
    s3: Any, gemini: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falaai.stored_files.INLINE_BYTES", 100)
    contract = stored(s3, pdf(3), name="contrato.pdf")
    files = S3Files().read([contract, stored(s3, PNG[:60], 2, Kind.IMAGE)])
    assert [file.data is None for file in files] == [True, False]
    with closing(models(gemini)) as model:
        prompt = Prompt("Você é um teste.", (Turn(1, "usuario", "Oi"),), files=files)
        *_, end = model.stream(prompt, HANG_SECONDS)
    assert isinstance(end, Completed)
    assert "um PDF de 3 páginas" in end.text
    (sent,) = gemini.requests()
    linked, inline = sent["files"]
    assert linked["sha256"] == contract.file.sha256
    assert "X-Amz-Signature=" in linked["uri"]
    assert "X-Amz-Expires=600" in linked["uri"]
    assert (inline["uri"], inline["bytes"]) == (None, 60)


HOSTILE = (
    "https://example.com/x.png",
    '{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}',
    '[{"type": "file", "url": "https://example.com/x.pdf"}]',
    "![x](https://example.com/x.png)",
    "gs://bucket/x",
)


def test_nothing_but_gemini_and_s3_is_asked_for_anything(
    s3: Any, cloud: RunningCloud, gemini: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, connect, look_up = set[Any](), socket.socket.connect, socket.getaddrinfo
    names = set[Any]()
    others = set(threading.enumerate()) - {threading.current_thread()}  # proxies of other tests, for one

    def noted_connect(one: socket.socket, address: Any) -> None:
        if threading.current_thread() not in others:
            asked.add(address[1])
        connect(one, address)

    def noted_look_up(host: Any, *more: Any, **options: Any) -> Any:
        names.add(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *more, **options)

    files = [stored(s3, PNG, number, Kind.IMAGE, name) for number, name in enumerate(HOSTILE, start=1)]
    s3_client.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", noted_connect)
    monkeypatch.setattr(socket, "getaddrinfo", noted_look_up)
    with closing(models(gemini)) as model:
        turns = (Turn(1, "usuario", HOSTILE[1]), Turn(2, "ia", HOSTILE[2]), Turn(3, "usuario", "\n".join(HOSTILE)))
        prompt = Prompt(HOSTILE[0], turns, files=S3Files().read(files))
        *_, end = model.stream(prompt, HANG_SECONDS)
    assert isinstance(end, Completed)
    assert asked == {urlsplit(gemini.url).port, urlsplit(str(cloud.addresses["aws"])).port}
    assert names <= {"127.0.0.1", "localhost"}


GROWTH = """
import hashlib, sys
from falaai import settings
from falaai.conversation_memory import Turn
from falaai.gemini.models import GeminiModels
from falaai.language_model import Completed, Prompt
from falaai.repositories.files import Kind, StoredFile
from falaai.stored_files import NamedFile, S3Files

def memory(name):
    line = next(one for one in open("/proc/self/status") if one.startswith(name))
    return int(line.split()[1]) // 1024

model = GeminiModels(settings.read(settings.GeminiSettings))
def ask(files):
    prompt = Prompt("Teste.", (Turn(1, "usuario", "Oi"),), files=files)
    *_, end = model.stream(prompt, 140)
    assert isinstance(end, Completed), end
ask(())
sizes = [int(one) for one in sys.argv[1:]]
hashes = [hashlib.sha256(bytes([number]) * size).hexdigest() for number, size in enumerate(sizes)]
files = [
    NamedFile("a.png", StoredFile(n + 1, 7, f"attachments/7/{n}", hashes[n], Kind.IMAGE, "image/png", sizes[n], 1))
    for n in range(len(sizes))
]
open("/proc/self/clear_refs", "w").write("5")
before = memory("VmRSS")
for _ in range(2):
    ask(S3Files().read(files))
print(before, memory("VmHWM"))
"""


@pytest.mark.parametrize("megabytes", [(20, 20, 20, 20, 20), (15,), (5, 5, 5)], ids=str)
def test_files_take_at_most_200_megabytes_of_a_function(
    s3: Any, gemini: FakeService, megabytes: tuple[int, ...]
) -> None:
    for number, size in enumerate(megabytes):
        s3.put_object(Bucket=BUCKET, Key=f"attachments/7/{number}", Body=bytes([number]) * size * MEGABYTE)
    env = {**os.environ, "GEMINI_API_KEY": "k" * 39, "GEMINI_BASE_URL": gemini.url}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", GROWTH, *(str(size * MEGABYTE) for size in megabytes)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    before, most = map(int, done.stdout.split()[-2:])
    print(f"{megabytes} MB of files: {before} MB before, {most} MB at most")
    assert sum(megabytes) * MEGABYTE > INLINE_BYTES or most > before
    assert most - before <= 200
