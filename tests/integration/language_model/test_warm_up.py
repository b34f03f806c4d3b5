"""The warm-up of Gemini: it opens the connection that the first answer uses."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from falaai.language_model import ask
from tests.support.gemini_models import PROMPT, OpenModels
from tests.support.services import FakeService
from tests.support.waiting import HANG_SECONDS


@pytest.fixture
def counted_gemini(gemini: FakeService) -> Iterator[tuple[FakeService, list[bytes]]]:
    """The fake behind a relay, and the first bytes of each connection through it."""
    target = (urlsplit(gemini.url).hostname, urlsplit(gemini.url).port)
    connections: list[bytes] = []

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(target) as upstream:
                asked = self.request.recv(65_536)
                connections.append(asked[:40])
                upstream.sendall(asked)
                ends = {self.request: upstream, upstream: self.request}
                while True:
                    for ready in select.select(list(ends), [], [], HANG_SECONDS)[0]:
                        if not (data := ready.recv(65_536)):
                            return
                        ends[ready].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield FakeService(f"http://127.0.0.1:{server.server_address[1]}"), connections
        server.shutdown()


def described(fake: FakeService) -> int:
    return int(httpx.get(f"{fake.url}/admin/models").json()["descriptions"])


def test_warm_up_opens_the_connection_that_the_first_answer_uses(
    models: OpenModels, gemini: FakeService, counted_gemini: tuple[FakeService, list[bytes]]
) -> None:
    relayed, connections = counted_gemini
    before, ready = described(gemini), models(relayed)
    ready.warm_up()
    assert (len(connections), described(gemini) - before, gemini.requests()) == (1, 1, [])
    assert ask(ready, PROMPT, 20) == ask(models(gemini), PROMPT, 20)
    assert [request["method"] for request in gemini.requests()] == ["streamGenerateContent"] * 2
    assert len(connections) == 1


def test_repeated_warm_up_asks_nothing_while_the_connection_is_kept(
    models: OpenModels, gemini: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, ready = described(gemini), models(gemini)
    for _ in range(3):
        ready.warm_up()
    assert described(gemini) - before == 1
    monkeypatch.setattr("falaai.gemini.models.KEPT_CONNECTION_SECONDS", -1)
    later = models(gemini)
    for _ in range(2):
        later.warm_up()
    assert described(gemini) - before == 3
