"""An operator turns streaming off and on again, while a chat page stays open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.support.browser import say, take_session
from tests.support.people import People
from tests.support.running_cloud import RunningCloud, start_cloud


@contextmanager
def running(data: Path, streaming: str, port: str = "0") -> Iterator[RunningCloud]:
    """The deployment with this parameter; its data, its secrets and, with a port, its address stay."""
    cloud = start_cloud(data, "--port", port, "--parameter", f"Streaming={streaming}")
    try:
        yield cloud
    finally:
        assert cloud.stop() == 0


@pytest.fixture
def streams(new_page: Callable[..., Page]) -> Callable[[str], tuple[Page, list[int]]]:
    """Function that opens a page of an address, and returns it with the statuses of its streams so far."""

    def make(address: str) -> tuple[Page, list[int]]:
        page, statuses = new_page(base_url=address), []

        def note(response: Response) -> None:
            if response.url.endswith("/chat/stream"):
                statuses.append(response.status)

        page.on("response", note)
        return page, statuses

    return make


def test_open_page_goes_on_chatting_when_streaming_is_turned_off_and_on(
    tmp_path: Path, streams: Callable[[str], tuple[Page, list[int]]]
) -> None:
    with running(tmp_path / "data", "on") as cloud:
        address, port = cloud.gateway, cloud.gateway.rpartition(":")[2]
        people = People(cloud)
        member = people.member()
        page, seen = streams(address)
        take_session(page, member)
        page.goto("/chat")
        say(page, "Com respostas aos poucos")
        assert seen == [200]
    with running(tmp_path / "data", "off", port):
        say(page, "Sem elas, da mesma página")
        assert seen == [200, 404]  # the page learns from the gateway that there is no stream
        say(page, "E de novo")
        assert seen == [200, 404]
    with running(tmp_path / "data", "on", port):
        say(page, "Ligadas outra vez, ainda a mesma página")
        expect(page.locator(".message-answered[data-state=completa]")).to_have_count(4)
        later, seen_later = streams(address)
        take_session(later, member)
        later.goto(page.url)
        expect(later.locator(".message-answered[data-state=completa]")).to_have_count(4)
        say(later, "Uma página nova")
        assert seen_later == [200]
    people.close()
