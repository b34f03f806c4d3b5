"""Fixtures for tests in Debian's Chromium, driven by Playwright, against the running devcloud."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.support.browser import DESKTOP, find_chromium
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS

# Longer than any step on a busy machine; a test waits only as long as it must.
HANG_MILLISECONDS = 1000 * HANG_SECONDS
expect.set_options(timeout=HANG_MILLISECONDS)

# Without these flags Chromium requests updates, but tests have no network.
FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]


@pytest.fixture(scope="module")  # its event loop conflicts with tests that have their own
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's sandbox does not run as root, the user in most containers.
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser, cloud: RunningCloud) -> Iterator[Callable[..., Page]]:
    """Function that opens a page. A script error or a violation of the content security policy fails the test."""
    contexts, complaints = [], []

    def make(viewport: dict[str, int] = DESKTOP, color_scheme: str = "light", **options: object) -> Page:
        # A service worker's requests pass by page.route; tests of it allow it.
        options = {"base_url": cloud.gateway, "locale": "pt-BR", "service_workers": "block", **options}
        context = browser.new_context(viewport=viewport, color_scheme=color_scheme, **options)
        contexts.append(context)
        context.set_default_timeout(HANG_MILLISECONDS)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
        )
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            with suppress(Error):  # the page is being closed
                page.unroute_all(behavior="ignoreErrors")  # a route may be waiting for an answer
        context.close()
    assert complaints == []


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
