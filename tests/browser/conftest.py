"""Debian's Chromium, driven by Playwright, against the running devcloud."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, RunningCloud
from tests.system.conftest import People, people, person

__all__ = ["people", "person"]

ARTIFACTS = ROOT / "tests/artifacts"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 820}
# Without these Chromium asks the world for updates, which is neither there nor wanted here.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail("Chromium is missing; `make test` installs it")
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is who runs in most containers.
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, cloud: RunningCloud) -> Iterator[Callable[..., Page]]:
    """Makes pages; a script error or a refusal by the content security policy fails the test."""
    contexts, complaints = [], []

    def make(viewport: dict[str, int] = DESKTOP, color_scheme: str = "light", **options: object) -> Page:
        context = browser.new_context(
            base_url=cloud.gateway, locale="pt-BR", viewport=viewport, color_scheme=color_scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def screenshot(page: Page, name: str) -> Path:
    """Kept under tests/artifacts for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path


def sign_in(page: Page, people: People) -> None:
    """Sign a new member's browser in, by the form."""
    member = people.member()
    page.goto("/login")
    page.get_by_label("E-mail").fill(member.email)
    page.get_by_label("Senha").fill("cavalo bateria grampo")
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_url("**/chat")
