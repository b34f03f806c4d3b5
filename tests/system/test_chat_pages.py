"""The chat page, static files and unknown addresses over HTTP."""

import re

import httpx
import pytest

from tests.support.people import Person
from tests.support.running_cloud import RunningCloud


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/conversations"),
        ("GET", "/conversation/1"),
        ("POST", "/reset_chat"),
        ("POST", "/chat/message"),
        ("GET", "/chat"),
        ("GET", "/profile"),
    ],
)
def test_strangers_get_401(cloud: RunningCloud, method: str, path: str) -> None:
    answer = httpx.request(method, cloud.gateway + path, json={"message": "oi"}, headers={"origin": cloud.gateway})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_chat_page_shows_the_conversation_without_scripts(member: Person) -> None:
    conversation = member.say("Uma <b>lista</b> de frutas")["conversation_id"]
    page = without_templates(member.http.get(f"/chat/{conversation}").text)
    assert "Uma &lt;b&gt;lista&lt;/b&gt; de frutas" in page
    assert "Oi, Ana." not in page
    member.http.post("/reset_chat")
    assert "Oi, Ana." in without_templates(member.http.get("/chat").text)


def without_templates(page: str) -> str:
    """Return a page without its <template> elements, which only scripts show."""
    return re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)


def test_static_files_are_kept_for_a_year_and_scripts_come_whole(cloud: RunningCloud, member: Person) -> None:
    page = member.http.get("/chat").text
    paths = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert {path.rsplit(".", 1)[1] for path in paths} == {"js", "css", "svg", "png"}
    for path in paths:
        file = httpx.get(cloud.gateway + path)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = httpx.get(cloud.gateway + path, headers={"accept-encoding": "identity"})
        coding = None if path.endswith(".png") else "gzip"  # a PNG is compressed already
        assert (file.headers.get("content-encoding"), "content-encoding" in plain.headers) == (coding, False)
        assert plain.content == file.content
        assert not re.search(r"^(import|export)\b", file.text, re.MULTILINE)
    assert httpx.get(f"{cloud.gateway}/static/chat.js").status_code == 404


def test_health(cloud: RunningCloud) -> None:
    for path in ("/health", "/health?deep=1"):
        answer = httpx.get(cloud.gateway + path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("path", ["/nada", "/chat/1/nada", "/static/chat/nada/nada.js", "/conversation/1/nada?x=<b>"])
def test_unknown_address_is_404_with_a_page_for_browsers(cloud: RunningCloud, path: str) -> None:
    answer = httpx.get(f"{cloud.gateway}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    page = httpx.get(f"{cloud.gateway}{path}", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Não encontramos o que você procura" in page.text
    assert 'href="/"' in page.text
    assert "nada" not in page.text
    sent = httpx.post(f"{cloud.gateway}{path}", headers={"accept": "text/html"})
    assert (sent.status_code, sent.json()["code"]) == (404, "not_found")
    for one in (answer, page, sent):
        assert one.headers["x-content-type-options"] == "nosniff"
