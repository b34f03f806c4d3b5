"""A function behind the Lambda Web Adapter: streaming, failures and disconnected clients.

With LAMBDA_ADAPTER=PROGRAM in the environment, these tests run on that build of the adapter instead of its emulation.
"""

import contextlib
import json

import httpx
import pytest

from waiting import HANG_SECONDS


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


def test_function_that_does_not_stream_answers_whole(http):
    response = http.post("/whole", content="x")
    assert response.text.endswith("3\n4\n")
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/buffered", "StreamFunction returned a malformed response: it is streamed, but its route is not"),
        ("/streamed", "WholeFunction returned a malformed response: it is not streamed, but its route is"),
    ],
)
def test_route_and_function_of_different_modes_are_502_as_on_api_gateway(cloud, http, path, reason):
    answer = http.post(f"{path}?wish=tell")
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
    assert reason in cloud.log.read_text()


@pytest.mark.parametrize("path", ["/stream", "/whole"])
def test_request_arrives_as_the_adapter_sends_it(http, path):
    answer = http.post(
        f"{path}?wish=tell%20x&y=%2B+&y=%C3%A9",
        content=b"a\xff",
        headers=[("X-A", "1"), ("X-A", "2"), ("X-Amzn-Trace-Id", "Root=1-foreign"), ("X-Amzn-Lambda-Context", "{}")],
    )
    assert (answer.status_code, answer.headers.get_list("set-cookie")) == (201, ["a=1", "b=2"])
    told = answer.json()
    assert (told["method"], told["path"]) == ("POST", path)
    # The real adapter keeps the order of values of one name, but not that of names.
    assert sorted(told["query"].split("&"), key=lambda pair: pair[0]) == ["wish=tell+x", "y=%2B+", "y=%C3%A9"]
    assert told["body"] == "a\N{REPLACEMENT CHARACTER}"
    headers = dict(told["headers"])
    assert [value for name, value in told["headers"] if name == "x-a"] == ["2"], "of equal headers the last one stays"
    assert "content-type" not in headers
    function = json.loads(headers["x-amzn-lambda-context"])
    assert headers["x-amzn-trace-id"] == function["xray_trace_id"] != "Root=1-foreign"
    assert function["env_config"]["function_name"] in ("StreamFunction", "WholeFunction")
    assert function["invoked_function_arn"].endswith(function["env_config"]["function_name"])
    assert json.loads(headers["x-amzn-request-context"])["resourcePath"] == path


def test_path_of_a_request_keeps_its_encoding(http):
    told = http.get("/whole/a%20b%2Fc/é;x=1,2?wish=tell").json()
    assert told["raw_path"] == "/whole/a%20b%2Fc/%C3%A9;x=1,2"


def test_event_that_is_no_request_is_posted_to_events(cloud):
    invoke = f"{cloud.addresses['lambda']}/2015-03-31/functions/WholeFunction/invocations"
    told = httpx.post(invoke, json={"a": 1}, timeout=HANG_SECONDS).json()
    assert (told["method"], told["path"], json.loads(told["body"])) == ("POST", "/events", {"a": 1})
    headers = dict(told["headers"])
    assert (headers["content-type"], headers["x-amzn-request-context"]) == ("application/json", "null")


def test_function_continues_after_its_client_disconnects(cloud, http, eventually):
    with http.stream("POST", "/stream?wish=left-early") as response:
        next(response.iter_lines())
    eventually(lambda: journal_of(cloud) == "left-early")


def received(http, path):
    """Return the bytes that arrive before the end or the break of a stream."""
    got = b""
    with http.stream("POST", path) as response, contextlib.suppress(httpx.RemoteProtocolError):
        for piece in response.iter_raw():
            got += piece
    return got.partition(b"\n")[2]


def test_server_that_breaks_off_ends_the_stream_with_the_words_of_the_adapter(http):
    got = received(http, "/stream?wish=break")
    assert got.startswith(b"0\n1\nLambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n")


def test_function_that_dies_ends_the_stream_and_the_next_request_is_served(http):
    """The adapter can still write its words only if the process ends before the connection."""
    got = received(http, "/stream?wish=die")
    assert got.startswith(b"0\n1\n")
    assert b"2\n" not in got
    assert http.post("/whole", content="x").status_code == 200


def test_route_and_function_have_separate_timeouts(cloud, http, eventually):
    with http.stream("POST", "/stream?wish=stall") as response, pytest.raises(httpx.RemoteProtocolError):
        list(response.iter_raw())
    eventually(lambda: "Task timed out after 2.00 seconds" in cloud.log.read_text())
    assert http.post("/whole", content="x").status_code == 200
