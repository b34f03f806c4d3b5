"""Fixtures for tests in Debian's Chromium, driven by Playwright, against the running devcloud."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import ROOT, RunningCloud
from tests.system.conftest import People, Person, member, people, person, product

__all__ = ["member", "people", "person", "product"]

# In ms. Longer than any step on a busy machine; a test waits only as long as it must.
expect.set_options(timeout=60_000)

ARTIFACTS = ROOT / "tests/artifacts"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 820}
# Without these flags Chromium requests updates, but tests have no network.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]


@pytest.fixture(scope="module")  # its event loop conflicts with tests that have their own
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail("Chromium is missing; `make test` installs it")
    with sync_playwright() as playwright:
        # Chromium's sandbox does not run as root, the user in most containers.
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, cloud: RunningCloud) -> Iterator[Callable[..., Page]]:
    """Function that opens a page. A script error or a violation of the content security policy fails the test."""
    contexts, complaints = [], []

    def make(viewport: dict[str, int] = DESKTOP, color_scheme: str = "light", **options: object) -> Page:
        options = {"base_url": cloud.gateway, "locale": "pt-BR", **options}
        context = browser.new_context(viewport=viewport, color_scheme=color_scheme, **options)
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
    """Save a screenshot under tests/artifacts for manual inspection. Returns its path."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.screenshot(path=path)
    return path


def sign_in(page: Page, people: People, path: str = "/chat") -> Person:
    """Create a member and open `path` signed in, without the sign-in form. Returns the member."""
    member = people.member()
    take_session(page, member)
    page.goto(path)
    return member


def take_session(page: Page, member: Person) -> None:
    """Copy the session cookies of a member's HTTP client to the browser."""
    cookies = [
        {"name": name, "value": value, "url": str(member.http.base_url)}
        for name, value in member.http.cookies.items()
    ]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]


def say(page: Page, message: str, wait: bool = True) -> None:
    """Send a message. If `wait`, wait for the whole reply."""
    done = page.locator(".answered[data-state=completa]")
    count = done.count()
    page.get_by_label("Sua mensagem").fill(message)
    page.keyboard.press("Enter")
    if wait:
        expect(done).to_have_count(count + 1)


@pytest.fixture
def gemini(cloud: RunningCloud) -> Iterator[Callable[..., None]]:
    """Function that sets the Gemini fake's replies: gemini(text=…, delay=…, pieces=…) or gemini(fault=…)."""
    admin = f"{cloud.addresses['gemini']}/admin"

    def configure(**wanted: object) -> None:
        if "fault" in wanted:
            httpx.put(f"{admin}/faults", json=wanted).raise_for_status()
        else:
            httpx.put(
                f"{admin}/pace", json={"delay": 0.03, "pieces": None, "text": None, **wanted}
            ).raise_for_status()

    yield configure
    configure(fault=None)
    configure()
