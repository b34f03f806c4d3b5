"""Conversion of a function's result to an HTTP response."""

import base64

import pytest

from devcloud.proxy_event import MalformedProxyResponse, is_binary, proxy_response


def respond(answer, accept="", binary=("*/*",)):
    return proxy_response(answer, accept, list(binary))


def test_base64_is_decoded_when_binary_media_types_match():
    answer = {"statusCode": 200, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    assert respond(answer).body == b"\x00\xff"
    assert respond(answer, "image/png, */*", ["image/png"]).body == b"\x00\xff"


def test_base64_stays_text_when_they_do_not_match():
    answer = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}
    assert respond(answer, "text/html", ["image/png"]).body == b"AP8="


def test_multi_value_headers_win_over_single_ones():
    answer = {"statusCode": 200, "headers": {"X-A": "1", "X-B": 2}, "multiValueHeaders": {"x-a": ["3", "4"]}}
    response = respond(answer)
    assert response.headers.getall("X-A") == ["3", "4"]
    assert response.headers["X-B"] == "2"


def test_headers_that_the_gateway_owns_are_renamed():
    response = respond({"statusCode": 200, "headers": {"Content-Length": "7", "Server": "mine"}, "body": "four"})
    assert response.headers["x-amzn-Remapped-Content-Length"] == "7"
    assert response.headers["x-amzn-Remapped-Server"] == "mine"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"statusCode": "no"},
        {"statusCode": 999},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["X-A"]},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"X-A": ["1"]}},
        {"statusCode": 200, "headers": {"X-A": "1\r\nX-B: 2"}},
        {"statusCode": 200, "multiValueHeaders": {"X-A": "1"}},
        {"statusCode": 200, "body": "é!", "isBase64Encoded": True},
    ],
)
def test_a_malformed_answer_is_refused(answer):
    with pytest.raises(MalformedProxyResponse):
        respond(answer)


def test_binary_media_types():
    assert is_binary("image/png; q=1", ["image/png"])
    assert not is_binary("application/json", ["image/png"])
    assert is_binary("application/json", ["*/*"])
