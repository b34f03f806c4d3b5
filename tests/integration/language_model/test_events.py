"""Events of Gemini's answers, with the fake and Gemini's real protocol: pieces, costs, failures and deadlines."""

import socketserver
import threading
from collections.abc import Iterator

import httpx
import pytest

from falaai import errors
from falaai.language_model import Completed, Delta, Failed, Heartbeat, Prompt, ask
from falaai.modes import Mode
from tests.support.gemini_models import PROMPT, OpenModels
from tests.support.services import FakeService
from tests.support.waiting import HANG_SECONDS, at_most


def test_answer_comes_in_pieces_and_ends_with_its_cost(models: OpenModels, gemini: FakeService) -> None:
    *pieces, end = models(gemini).stream(PROMPT, 20)
    texts = [piece.text for piece in pieces if isinstance(piece, Delta)]
    assert len(texts) > 1
    assert isinstance(end, Completed)
    assert end.text == "".join(texts)
    assert end.usage.model == "gemini-2.5-flash"
    assert end.usage.tokens_in > 0
    assert end.usage.tokens_out > 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", errors.ModelRateLimited),
        ("500", errors.ModelUnavailable),
        ("503", errors.ModelUnavailable),
        ("cut", errors.ModelInterrupted),
        ("malformed", errors.ModelMalformed),
        ("blocked", errors.ModelBlocked),
        ("safety", errors.ModelBlocked),
        ("max_tokens", errors.ModelCutShort),
        ("empty", errors.ModelSilent),
    ],
)
def test_each_failure_has_its_own_error(
    models: OpenModels, gemini: FakeService, fault: str, error: type[errors.LanguageModelError]
) -> None:
    gemini.fault(fault=fault)
    with pytest.raises(error):
        ask(models(gemini), PROMPT, 20)


@pytest.mark.parametrize("fault", ["timeout", "drip"])
def test_deadline_is_total(models: OpenModels, gemini: FakeService, fault: str) -> None:
    gemini.fault(fault=fault, delay=0.2)
    ready = models(gemini)
    ready._clients.client("gemini-2.5-flash")
    # Both faults go on for ever: only a deadline of our own ends the call.
    with at_most(3, f"answer, {fault}"), pytest.raises(errors.ModelTimedOut):
        ask(ready, PROMPT, 1.5)


def test_unreachable_model_is_unavailable(models: OpenModels, gemini: FakeService) -> None:
    with pytest.raises(errors.ModelUnavailable):
        ask(models(FakeService("http://127.0.0.1:1")), PROMPT, 20)


def test_refusal_inside_a_stream_never_says_text_twice(models: OpenModels, gemini: FakeService) -> None:
    gemini.fault(fault="400", after_pieces=2, message="Thinking level is unsupported: THINKING_LEVEL_MINIMAL")
    with pytest.raises(errors.LanguageModelError):
        ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert len(gemini.requests()) == 1


def test_not_one_token_is_counted_online(models: OpenModels, gemini: FakeService) -> None:
    ask(models(gemini), PROMPT, 20)
    assert {request["method"] for request in gemini.requests()} == {"streamGenerateContent"}


def test_thoughts_are_counted_and_are_no_text(models: OpenModels, gemini: FakeService) -> None:
    thoughts = "**Pensando** no que responder."
    httpx.put(f"{gemini.url}/admin/pace", json={"text": "um dois três", "thoughts": thoughts}).raise_for_status()
    *pieces, end = models(gemini, "gemini-3.8-flash").stream(Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    assert isinstance(end, Completed)
    assert end.text == "".join(piece.text for piece in pieces if isinstance(piece, Delta)) == "um dois três"
    assert end.usage.tokens_out == -(-len(thoughts) // 4) + 3


@pytest.fixture
def half_answer() -> Iterator[tuple[FakeService, threading.Event]]:
    """A Gemini that sends one piece of text and then nothing, and whether its connection was closed."""
    closed = threading.Event()
    piece = '{"candidates":[{"content":{"role":"model","parts":[{"text":"Ol"}]},"index":0}]}'
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

    class Half(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(HANG_SECONDS)
            received = b""
            while not received.endswith(b"}"):
                received += self.request.recv(65_536)
            self.request.sendall(f"{head}data: {piece}\r\n\r\n".encode())
            if not self.request.recv(1):
                closed.set()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Half) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield FakeService(f"http://127.0.0.1:{server.server_address[1]}"), closed
        server.shutdown()


def test_stop_closes_the_connection(models: OpenModels, half_answer: tuple[FakeService, threading.Event]) -> None:
    fake, closed = half_answer
    events = models(fake).stream(PROMPT, 20)
    assert isinstance(next(events), Delta)
    assert isinstance(next(events), Heartbeat)
    assert not closed.is_set()
    events.close()
    assert closed.wait(HANG_SECONDS)


def test_deadline_closes_the_connection(models: OpenModels, half_answer: tuple[FakeService, threading.Event]) -> None:
    fake, closed = half_answer
    *_, end = models(fake).stream(PROMPT, 2)
    assert isinstance(end, Failed)
    assert (type(end.error), end.text) == (errors.ModelTimedOut, "Ol")
    assert closed.wait(HANG_SECONDS)
