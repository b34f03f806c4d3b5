"""Pages of other origins reach nothing, and nothing leads to them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from devcloud.template import read_template
from tests.support.paths import ROOT
from tests.support.people import PASSWORD, People, Person, product_of
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import wait_until

ROUTES = [
    (route.method, re.sub(r"\{[^}]+\}", "1", route.path))
    for route in read_template(ROOT / "template.yaml").routes
    if route.method not in ("GET", "HEAD")
]


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud of its own: no job of another test is under way in it."""
    cloud = start_cloud(tmp_path)
    yield cloud
    assert cloud.stop() == 0


def every_row(product: Rows) -> dict[str, list[Any]]:
    tables = [
        row["name"]
        for row in product.list(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
    ]
    assert len(tables) > 7
    return {table: product.list(f"SELECT * FROM {table}") for table in tables}


def test_no_other_origin_reaches_any_unsafe_route(quiet: RunningCloud) -> None:
    people, product = People(quiet), product_of(quiet)
    member = people.member()
    member.say("Antes")
    # The one job that this person's message asked for; its last statement writes the title.
    wait_until(lambda: not product.value("SELECT COUNT(*) FROM conversas WHERE titulo_provisorio"), "a title")
    before = every_row(product)
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
    assert every_row(product) == before
    people.close()


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "%2f%2fevil.example", "javascript:alert(1)"])
def test_nothing_redirects_elsewhere(member: Person, target: str) -> None:
    for path in ("/login", "/", f"/{target}"):
        answer = member.http.get(path, params={"next": target, "redirect_url": target})
        assert answer.headers.get("location", "/chat") == "/chat"
    assert member.login().json()["redirect_url"] == "/chat"
