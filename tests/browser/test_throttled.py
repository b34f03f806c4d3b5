"""More requests than the stage lets through: API Gateway's own answer, and what a page makes of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import screenshot
from tests.support.running_cloud import RunningCloud, start_cloud

SENTENCE = "Há pedidos demais neste momento. Espere alguns segundos e tente de novo."
BURST = 60


@pytest.fixture(scope="module")
def throttled(module_tmp_path: Path) -> Iterator[RunningCloud]:
    """Lets some requests through and then, while a test lasts, no more."""
    limits = ("--parameter", "RequestsPerSecond=0.001", "--parameter", f"RequestBurst={BURST}")
    running = start_cloud(module_tmp_path, *limits)
    yield running
    assert running.stop() == 0


def test_throttled_request_is_told_in_portuguese(throttled: RunningCloud, new_page: Callable[..., Page]) -> None:
    page = new_page(base_url=throttled.gateway)
    page.goto("/login", wait_until="networkidle")
    answers = [httpx.get(f"{throttled.gateway}/login") for _ in range(BURST)]
    let_through = [answer for answer in answers if answer.status_code == 200]
    assert 0 < len(let_through) < BURST
    refused = answers[-1]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json() == {"detail": SENTENCE, "code": "too_many_requests"}
    assert refused.headers["cache-control"] == "no-store"

    page.get_by_label("E-mail").fill("ana@exemplo.com.br")
    page.get_by_label("Senha", exact=True).fill("cavalo bateria grampo")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("ana@exemplo.com.br")
    screenshot(page, "throttled")
