"""Pages of other origins reach nothing, and nothing leads to them."""

import re
import time
from typing import Any

import httpx
import pytest

from devcloud.template import read_template
from tests.conftest import ROOT, wait_until
from tests.integration.conftest import Rows
from tests.system.conftest import PASSWORD, Person

ROUTES = [
    (route.method, re.sub(r"\{[^}]+\}", "1", route.path))
    for route in read_template(ROOT / "template.yaml").routes
    if route.method not in ("GET", "HEAD")
]


def checksums(product: Rows) -> list[Any]:
    tables = ("usuarios", "conversas", "mensagens", "sessoes", "tokens", "limites", "uso_diario")
    return [product.list(f"CHECKSUM TABLE {table}") for table in tables]


def settled(product: Rows) -> list[Any]:
    """The checksums, once no worker changes them any more."""

    def alike() -> list[Any] | None:
        before = checksums(product)
        time.sleep(0.5)
        return before if checksums(product) == before else None

    return list(wait_until(alike, 20, "the workers have nothing left to do"))


def test_no_other_origin_reaches_any_unsafe_route(member: Person, product: Rows) -> None:
    member.say("Antes")
    wait_until(
        lambda: member.http.get("/conversations").json()[0]["titulo_conversa"] != "Nova Conversa", 5, "a title"
    )
    before = settled(product)
    origins: list[dict[str, str]] = [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ]
    bodies: list[tuple[str, bytes]] = [
        ("application/json", b'{"message": "x", "senha_atual": "' + PASSWORD.encode() + b'"}'),
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"email=a%40b.com"),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("application/json", b"{"),
    ]
    with httpx.Client(base_url=member.http.base_url, cookies=member.http.cookies) as browser:
        for method, path in ROUTES:
            for origin in origins:
                for kind, body in bodies:
                    answer = browser.request(method, path, content=body, headers={**origin, "content-type": kind})
                    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), (
                        method,
                        path,
                        origin,
                    )
    assert len(ROUTES) > 15
    assert checksums(product) == before


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "%2f%2fevil.example", "javascript:alert(1)"])
def test_nothing_redirects_elsewhere(member: Person, target: str) -> None:
    for path in ("/login", "/", f"/{target}"):
        answer = member.http.get(path, params={"next": target, "redirect_url": target})
        assert answer.headers.get("location", "/chat") == "/chat"
    assert member.login().json()["redirect_url"] == "/chat"
