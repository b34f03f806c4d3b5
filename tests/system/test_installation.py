"""The fixed names with which browsers install the product: their types, lifetimes and contents."""

import json
import re

import httpx
import pytest

from tests.support.running_cloud import RunningCloud


@pytest.mark.parametrize(
    ("path", "kind", "lifetime"),
    [
        ("/manifest.webmanifest", "application/manifest+json", "max-age=86400"),
        ("/sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("/sem-conexao", "text/html; charset=utf-8", "no-store"),
        ("/favicon.ico", "image/x-icon", "public, max-age=86400"),
    ],
)
def test_file_needs_no_session(cloud: RunningCloud, path: str, kind: str, lifetime: str) -> None:
    answer = httpx.get(cloud.gateway + path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["cache-control"] == lifetime
    assert "set-cookie" not in answer.headers


def test_worker_may_control_the_whole_product_and_names_files_that_exist(cloud: RunningCloud) -> None:
    answer = httpx.get(f"{cloud.gateway}/sw.js")
    assert answer.headers["service-worker-allowed"] == "/"
    settings = json.loads(re.match(r"self\.settings=(.*);\n", answer.text)[1])  # type: ignore[index]
    assert settings["root"] == ""
    assert re.fullmatch(r"[0-9a-f]{12}", settings["version"])
    assert settings["shell"][0] == "/sem-conexao"
    assert {httpx.get(cloud.gateway + path).status_code for path in settings["shell"]} == {200}
    offline = httpx.get(f"{cloud.gateway}/sem-conexao").text
    needed = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', offline))
    assert needed <= set(settings["shell"])


def test_every_answer_names_what_may_run(cloud: RunningCloud) -> None:
    for path in ("/login", "/sw.js", "/conversations"):
        headers = httpx.get(cloud.gateway + path).headers
        policy = headers["content-security-policy"]
        assert "worker-src 'self'" in policy
        assert "manifest-src 'self'" in policy
        assert "microphone=(self)" in headers["permissions-policy"]
