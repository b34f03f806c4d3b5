"""The option --adapter: web functions behind a program that speaks Lambda's Runtime API and streams."""

import shutil
from pathlib import Path

import httpx
import pytest

from devcloud.streaming import LARGEST_METADATA, MalformedStream, split_metadata
from running_devcloud import RunningDevcloud
from waiting import HANG_SECONDS

PROJECT = Path(__file__).with_name("project")


def test_metadata_ends_at_the_delimiter():
    begin = b'{"statusCode": 200, "multiValueHeaders": {"A": ["1", "2"]}, "cookies": ["c=1"]}'
    assert split_metadata(begin + bytes(7)) is None
    found = split_metadata(begin + bytes(8) + b"body" + bytes(8))
    assert found is not None
    assert (found[0].status, found[0].headers) == (200, [("A", "1"), ("A", "2"), ("Set-Cookie", "c=1")])
    assert found[1] == b"body" + bytes(8)


@pytest.mark.parametrize(
    "begin", [b"x" * (LARGEST_METADATA + 1), b"{}" + bytes(8), b"[]" + bytes(8), b"no" + bytes(8)]
)
def test_stream_without_valid_metadata_is_malformed(begin):
    with pytest.raises(MalformedStream):
        split_metadata(begin)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    folder = Path(shutil.copytree(PROJECT, tmp_path_factory.mktemp("adapted") / "project"))
    running = RunningDevcloud(folder, "--adapter", str(folder / "adapter.py")).wait_until_ready()
    yield running
    assert running.end() == 0
    assert running.children() == set()


def post(cloud, path):
    return httpx.post(f"{cloud.addresses['gateway']}{path}", timeout=HANG_SECONDS)


def test_stream_of_an_adapter_arrives_with_its_metadata(adapted):
    answer = post(adapted, "/stream")
    assert (answer.status_code, answer.text) == (201, "first second")
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("x-two") == ["a", "b"]
    assert answer.headers.get_list("set-cookie") == ["c=1", "d=2"]


def test_stream_without_metadata_is_502(adapted):
    assert post(adapted, "/stream?wish=no-metadata").status_code == 502
    assert "has no delimiter in its first 16 KB" in adapted.log.read_text()


def test_adapter_that_ends_in_mid_stream_breaks_the_connection_and_is_replaced(adapted):
    with pytest.raises(httpx.RemoteProtocolError):
        post(adapted, "/stream?wish=end")
    assert post(adapted, "/stream").status_code == 201


def test_what_is_no_program_is_refused(start):
    cloud = start("--adapter", "nothing")
    assert cloud.process.wait(HANG_SECONDS) == 2
    assert "--adapter must be a program, not nothing" in cloud.log.read_text()
