"""A function behind the Lambda Web Adapter: streaming, failures and disconnected clients."""

import json

import httpx
import pytest

from waiting import HANG_SECONDS


@pytest.fixture
def http(cloud):
    with httpx.Client(base_url=cloud.addresses["gateway"], timeout=HANG_SECONDS) as client:
        yield client


def journal_of(cloud):
    path = cloud.folder / "journal"
    return path.read_text() if path.exists() else ""


def test_pieces_are_sent_as_soon_as_they_are_written(cloud, http):
    with http.stream("POST", "/stream?wish=wait", content="olá") as response:
        lines = response.iter_lines()
        assert json.loads(next(lines)) == {"body": "olá", "stage": "live"}
        (cloud.folder / "go").touch()  # the function waits for this file
        assert list(lines) == ["0", "1", "2", "3", "4"]
    assert response.headers["x-path"] == "/stream"


def test_route_without_streaming_sends_the_whole_response(http):
    response = http.post("/whole", content="x")
    assert response.text.endswith("3\n4\n")
    assert response.headers["content-length"] == str(len(response.content))


def test_function_continues_after_its_client_disconnects(cloud, http, eventually):
    with http.stream("POST", "/stream?wish=left-early") as response:
        next(response.iter_lines())
    eventually(lambda: journal_of(cloud) == "left-early")


def test_function_that_dies_breaks_the_connection_and_the_next_request_is_served(http):
    got = b""
    with http.stream("POST", "/stream?wish=die") as response, pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012
        for piece in response.iter_raw():
            got += piece
    assert got.endswith(b"1\n")
    assert http.post("/whole", content="x").status_code == 200


def test_route_and_function_have_separate_timeouts(cloud, http, eventually):
    with http.stream("POST", "/stream?wish=stall") as response, pytest.raises(httpx.RemoteProtocolError):
        list(response.iter_raw())
    eventually(lambda: "Task timed out after 2.00 seconds" in cloud.log.read_text())
    assert http.post("/whole", content="x").status_code == 200
