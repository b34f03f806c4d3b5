"""Bytes and characters that are no text: a clear refusal everywhere, never a 5xx."""

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from falaai_chat.application import build_stream
from tests.support.people import PASSWORD, People, Person
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS

# Good JSON, and no UTF-8: generators of requests leave them out.
SURROGATES = "Xk7\ud800mQ2vLp9z"
BYTES = b"caf\xe9\xff"


def text_fields(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Method, path and name of every text field of a JSON body."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for model in re.findall(r"#/components/schemas/(\w+)", json.dumps(body)):
                for name, schema in document["components"]["schemas"][model]["properties"].items():
                    if '"string"' in json.dumps(schema):
                        yield method.upper(), re.sub(r"\{[^}]+\}", "1", path), name


TEXT_FIELDS = sorted({*text_fields(build_auth()), *text_fields(build_chat()), *text_fields(build_stream())})


def test_every_json_body_is_looked_at() -> None:
    assert {"/register", "/login", "/password/reset", "/chat/message", "/chat/stream"} <= {
        one[1] for one in TEXT_FIELDS
    }


@pytest.mark.parametrize(("method", "path", "name"), TEXT_FIELDS)
def test_text_that_cannot_be_encoded_is_422(method: str, path: str, name: str, member: Person) -> None:
    body = json.dumps({name: SURROGATES, "termos_registro": True})
    answer = member.http.request(method, path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert name in [field["field"] for field in answer.json()["fields"]]


def test_profile_form_with_a_new_password_that_is_no_text(member: Person) -> None:
    form = {"senha": b"\xed\xa0\x80" * 8, "senha_atual": PASSWORD.encode()}
    answer = member.http.put("/profile/update", files={name: (None, value) for name, value in form.items()})
    assert answer.status_code < 500


def test_password_check_answers_a_form_that_asks_for_a_page(people: People) -> None:
    answer = people.stranger().http.post(
        "/password/check", data={"senha": "12345678"}, headers={"accept": "text/html,*/*;q=0.8"}
    )
    assert (answer.status_code, answer.json()) == (200, {"comum": True})


def exchange(cloud: RunningCloud, method: str, path: str, *headers: bytes) -> tuple[int, bytes]:
    """Status and body of a request whose headers are bytes as they are."""
    where = urlsplit(cloud.gateway)
    own = [f"Host: {where.netloc}".encode(), f"Origin: {cloud.gateway}".encode(), b"Content-Length: 2"]
    lines = [f"{method} {path} HTTP/1.1".encode(), *own, b"Connection: close", *headers]
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=HANG_SECONDS) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n{}")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    "name", [b"Cookie: a=", b"User-Agent: ", b"Content-Type: multipart/form-data; boundary=", b"X: "]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/login"), ("POST", "/chat/message"), ("GET", "/login")])
def test_header_that_is_no_text_is_400(cloud: RunningCloud, method: str, path: str, name: bytes) -> None:
    status, body = exchange(cloud, method, path, name + BYTES)
    assert status == 400
    assert json.loads(body)["code"] == "bad_request"
    status, body = exchange(cloud, method, path, name + BYTES, b"Accept: text/html")
    assert (status, b"<!doctype html>" in body.lower()) == (400, True)


def test_stream_refuses_a_cookie_that_is_no_text_and_goes_on(cloud: RunningCloud, member: Person) -> None:
    status, _ = exchange(cloud, "POST", "/chat/stream", b"Cookie: falaai=" + BYTES, b"Content-Type: application/json")
    assert 400 <= status < 500
    with member.stream("Oi") as events:
        assert [name for name, _ in events][-1] == "done"
