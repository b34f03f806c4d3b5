"""LangChain's Gemini against the fake with Gemini's real protocol: pieces, costs, fallbacks and every failure."""

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from falaai import errors
from falaai.conversation_memory import Turn
from falaai.gemini.models import GeminiModels
from falaai.language_model import Completed, Delta, Failed, Heartbeat, MediaFile, Prompt, ask
from falaai.model_families import FAMILIES, THINKING_TOKENS, Family, find_family
from falaai.modes import Mode
from falaai.repositories.files import Kind
from falaai.settings import GeminiSettings
from tests.support.services import FakeService
from tests.support.uploaded_files import PNG, pdf
from tests.support.waiting import HANG_SECONDS, at_most

PROMPT = Prompt("Você é um teste.", (Turn(1, "usuario", "Oi"),))


_opened: list[GeminiModels] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def models(
    fake: FakeService, names: str = "gemini-2.5-flash", key: str = "k" * 39, thinking: tuple[str, ...] = ()
) -> GeminiModels:
    options = GeminiSettings(gemini_api_key=key, gemini_model=names, gemini_base_url=fake.url)  # type: ignore[arg-type]
    _opened.append(GeminiModels(options, thinking))
    return _opened[-1]


def test_pieces_and_costs(gemini: FakeService) -> None:
    *pieces, end = models(gemini).stream(PROMPT, 20)
    texts = [piece.text for piece in pieces if isinstance(piece, Delta)]
    assert len(texts) > 1
    assert isinstance(end, Completed)
    assert end.text == "".join(texts)
    assert end.usage.model == "gemini-2.5-flash"
    assert end.usage.tokens_in > 0
    assert end.usage.tokens_out > 0


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
    gemini: FakeService, counted_gemini: tuple[FakeService, list[bytes]]
) -> None:
    relayed, connections = counted_gemini
    before, ready = described(gemini), models(relayed)
    ready.warm_up()
    assert (len(connections), described(gemini) - before, gemini.requests()) == (1, 1, [])
    assert ask(ready, PROMPT, 20) == ask(models(gemini), PROMPT, 20)
    assert [request["method"] for request in gemini.requests()] == ["streamGenerateContent"] * 2
    assert len(connections) == 1


def test_repeated_warm_up_asks_nothing_while_the_connection_is_kept(
    gemini: FakeService, monkeypatch: pytest.MonkeyPatch
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


def test_withdrawn_model_is_passed_over_once_and_for_all(gemini: FakeService) -> None:
    both = models(gemini, "gemini-1.0-gone,gemini-3.5-flash-lite")
    ask(both, PROMPT, 20)
    ask(both, PROMPT, 20)
    asked = [request["model"] for request in gemini.requests()]
    assert asked == ["gemini-1.0-gone", "gemini-3.5-flash-lite", "gemini-3.5-flash-lite"]


def test_no_model_left(gemini: FakeService) -> None:
    with pytest.raises(errors.ModelNotConfigured):
        ask(models(gemini, "gemini-1.0-gone"), PROMPT, 20)


@pytest.mark.parametrize(
    ("name", "thinking"), [("gemini-2.5-flash", {"budget": 0}), ("gemini-3.5-flash-lite", {"level": "minimal"})]
)
def test_each_family_gets_its_own_parameters(gemini: FakeService, name: str, thinking: dict[str, object]) -> None:
    ask(models(gemini, name), PROMPT, 20)
    config = gemini.requests()[0]["body"]["generationConfig"]
    sent = {key.lower().replace("thinking", "").strip("_"): value for key, value in config["thinkingConfig"].items()}
    assert {key: str(value).lower() for key, value in sent.items()} == {
        key: str(value) for key, value in thinking.items()
    }


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
    gemini: FakeService, fault: str, error: type[errors.LanguageModelError]
) -> None:
    gemini.fault(fault=fault)
    with pytest.raises(error):
        ask(models(gemini), PROMPT, 20)


@pytest.mark.parametrize("fault", ["timeout", "drip"])
def test_deadline_is_total(gemini: FakeService, fault: str) -> None:
    gemini.fault(fault=fault, delay=0.2)
    ready = models(gemini)
    ready._clients.client("gemini-2.5-flash")
    # Both faults go on for ever: only a deadline of our own ends the call.
    with at_most(3, f"answer, {fault}"), pytest.raises(errors.ModelTimedOut):
        ask(ready, PROMPT, 1.5)


def test_unreachable_model_is_unavailable(gemini: FakeService) -> None:
    with pytest.raises(errors.ModelUnavailable):
        ask(models(FakeService("http://127.0.0.1:1")), PROMPT, 20)


def configs(fake: FakeService) -> list[dict[str, Any]]:
    """What each request had for thinking and sampling."""
    sent = [request["body"].get("generationConfig", {}) for request in fake.requests()]
    return [{key: one[key] for key in one if key not in ("candidateCount", "maxOutputTokens")} for one in sent]


def counts(capsys: pytest.CaptureFixture[str]) -> int:
    return capsys.readouterr().out.count('"GeminiParameterRefused":[1.0]')


def refuse(fake: FakeService, *parameters: str) -> None:
    httpx.put(f"{fake.url}/admin/refused", json={"parameters": parameters}).raise_for_status()


def know(fake: FakeService, *names: str, **routed: str) -> None:
    httpx.put(f"{fake.url}/admin/models", json={"models": names, "routed": routed}).raise_for_status()


@pytest.mark.parametrize("name", ["gemini-3.8-flash", "gemini-3.8-flash-preview-12-2026"])
def test_refused_thinking_level_is_left_out_for_good(
    gemini: FakeService, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    know(gemini, name)
    refuse(gemini, "thinkingConfig")
    ready = models(gemini, name)
    assert ask(ready, PROMPT, 20)
    assert ask(ready, PROMPT, 20)
    first, second, third = configs(gemini)
    assert [*first] == ["thinkingConfig"]
    assert (second, third) == ({}, {})
    assert counts(capsys) == 1, "once for the process, not for every reply"


@pytest.mark.parametrize("refused", [["thinkingConfig"], ["temperature"], ["temperature", "thinkingConfig"]])
def test_each_refused_parameter_is_left_out_and_the_others_stay(gemini: FakeService, refused: list[str]) -> None:
    refuse(gemini, *refused)
    ready = models(gemini, "gemini-2.5-flash")
    assert ask(ready, PROMPT, 20)
    assert ask(ready, PROMPT, 20)
    *tries, last, again = configs(gemini)
    assert len(tries) == len(refused)
    assert sorted(last) == sorted(again) == sorted({"temperature", "thinkingConfig"} - set(refused))


def test_room_for_thoughts_when_the_model_thinks_as_it_likes(gemini: FakeService) -> None:
    refuse(gemini, "thinkingConfig")
    ask(models(gemini, "gemini-3.8-flash"), Prompt("Você é um teste.", PROMPT.turns, 60), 20)
    limits = [request["body"]["generationConfig"]["maxOutputTokens"] for request in gemini.requests()]
    assert limits == [60 + 4096, 60 + THINKING_TOKENS]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gemini-2.5-flash", "Request contains an invalid argument."),
        ("gemini-2.5-flash", "API key not valid. Please pass a valid API key."),
        # It is sent no temperature, so leaving it out would be the same request again.
        ("gemini-3.5-flash-lite", "temperature is not supported for this model."),
        ("gemini-9-neon", "Thinking level MINIMAL is not supported for this model."),
    ],
)
def test_other_400_is_not_asked_again(gemini: FakeService, name: str, message: str) -> None:
    know(gemini, name)
    gemini.fault(fault="400", message=message)
    with pytest.raises(errors.LanguageModelError):
        ask(models(gemini, name), PROMPT, 20)
    assert len(gemini.requests()) == 1


def test_parameter_refused_again_and_again_is_left_out_once(gemini: FakeService) -> None:
    gemini.fault(fault="400", message="Thinking level is unsupported: THINKING_LEVEL_MINIMAL")
    with pytest.raises(errors.ModelUnavailable):
        ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert len(gemini.requests()) == 2


def test_refusal_inside_a_stream_never_says_text_twice(gemini: FakeService) -> None:
    gemini.fault(fault="400", after_pieces=2, message="Thinking level is unsupported: THINKING_LEVEL_MINIMAL")
    with pytest.raises(errors.LanguageModelError):
        ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert len(gemini.requests()) == 1


def test_retry_has_what_is_left_of_the_deadline(gemini: FakeService) -> None:
    refuse(gemini, "thinkingConfig")
    gemini.fault(fault="timeout", model="gemini-3.8-flash")
    ready = models(gemini, "gemini-3.8-flash")
    ready.warm_up()  # the import of LangChain may take longer than the deadline
    *_, end = ready.stream(PROMPT, 3)
    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.ModelTimedOut)
    assert len(gemini.requests()) == 2, "the refusal comes at once; the request after it is the one that never ends"
    sent = [float(request["timeout"]) for request in gemini.requests()]
    assert 0 < sent[1] <= sent[0] <= 3


def test_not_one_token_is_counted_online(gemini: FakeService) -> None:
    ask(models(gemini), PROMPT, 20)
    assert {request["method"] for request in gemini.requests()} == {"streamGenerateContent"}


# A model of each family whose prefix alone is no model.
EXAMPLES = {
    "gemini-4": "gemini-4-neon",
    "gemini-3.1-pro": "gemini-3.1-pro-preview",
    "gemini-3-flash": "gemini-3-flash-preview",
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.prefix)
def test_every_model_of_the_table_answers_the_first_request_of_each_mode(
    gemini: FakeService, family: Family, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    name = EXAMPLES.get(family.prefix, family.prefix)
    turns = (Turn(1, "usuario", "Oi"), Turn(2, "ia", "Olá!"), Turn(3, "usuario", "Tudo bem?"))
    answer = ask(models(gemini, name), Prompt("Você é um teste.", turns, mode=mode), 20)
    assert answer.startswith("Esta é uma resposta de demonstração")
    (request,) = gemini.requests()
    config = request["body"]["generationConfig"]
    (value,) = config["thinkingConfig"].values()
    assert str(value).lower() == str(family.thinking(mode))
    assert ("temperature" in config) == family.has_sampling
    assert counts(capsys) == 0


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["gemini-3.9-flash", "gemini-5-carbon", "gemini-flash-latest", "another-model"])
def test_unknown_model_is_asked_without_parameters(gemini: FakeService, name: str, mode: Mode) -> None:
    know(gemini, name)
    assert find_family(name) is None
    assert ask(models(gemini, name), Prompt("Você é um teste.", PROMPT.turns, mode=mode), 20)
    assert configs(gemini) == [{}]


def test_limit_of_output_tokens_that_a_model_refuses_is_left_out(
    gemini: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    know(gemini, "gemini-2.0-flash")
    ready = models(gemini, "gemini-2.0-flash")
    assert ask(ready, PROMPT, 20)
    assert ask(ready, PROMPT, 20)
    sent = ["maxOutputTokens" in request["body"]["generationConfig"] for request in gemini.requests()]
    assert sent == [True, False, False]
    assert counts(capsys) == 1


def test_parameter_that_only_the_details_of_a_400_name_is_left_out(gemini: FakeService) -> None:
    detail = {"fieldViolations": [{"field": "generation_config.thinking_config", "description": "unknown"}]}
    gemini.fault(fault="400", message="Request contains an invalid argument.", details=[detail], times=1)
    assert ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert [[*config] for config in configs(gemini)] == [["thinkingConfig"], []]


def test_level_that_is_refused_in_one_mode_stays_in_the_other(gemini: FakeService) -> None:
    gemini.fault(fault="400", message="Thinking level HIGH is not supported for this model.", times=1)
    ready = models(gemini, "gemini-3.5-flash-lite")
    assert ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    assert ask(ready, PROMPT, 20)
    assert [[*config] for config in configs(gemini)] == [["thinkingConfig"], [], ["thinkingConfig"]]


def test_thinking_mode_asks_its_own_models_and_then_the_others(gemini: FakeService) -> None:
    ready = models(gemini, "gemini-3.5-flash-lite", thinking=("gemini-1.0-gone", "gemini-3.8-flash"))
    ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    ask(ready, PROMPT, 20)
    know(gemini, "gemini-3.5-flash-lite")
    ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    asked = [request["model"] for request in gemini.requests()]
    lite, flash = "gemini-3.5-flash-lite", "gemini-3.8-flash"
    assert asked == ["gemini-1.0-gone", flash, lite, flash, lite]


def test_model_that_really_answered_is_the_one_that_is_told(gemini: FakeService) -> None:
    know(gemini, "gemini-2.5-flash", **{"gemini-2.5-flash": "gemini-3.5-flash-lite-001"})
    *_, end = models(gemini, "gemini-2.5-flash").stream(PROMPT, 20)
    assert isinstance(end, Completed)
    assert end.usage.model == "gemini-3.5-flash-lite-001"


def test_thoughts_are_counted_and_are_no_text(gemini: FakeService) -> None:
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


def test_stop_closes_the_connection(half_answer: tuple[FakeService, threading.Event]) -> None:
    fake, closed = half_answer
    events = models(fake).stream(PROMPT, 20)
    assert isinstance(next(events), Delta)
    assert isinstance(next(events), Heartbeat)
    assert not closed.is_set()
    events.close()
    assert closed.wait(HANG_SECONDS)


def test_deadline_closes_the_connection(half_answer: tuple[FakeService, threading.Event]) -> None:
    fake, closed = half_answer
    *_, end = models(fake).stream(PROMPT, 2)
    assert isinstance(end, Failed)
    assert (type(end.error), end.text) == (errors.ModelTimedOut, "Ol")
    assert closed.wait(HANG_SECONDS)


def about(*files: MediaFile) -> Prompt:
    return replace(PROMPT, files=files)


CONTRACT = MediaFile("contrato.pdf", Kind.PDF, "application/pdf", pdf(2))
PHOTO = MediaFile("praia.png", Kind.IMAGE, "image/png", PNG)


def test_files_go_before_the_question_and_each_has_its_name(gemini: FakeService) -> None:
    ask(models(gemini), about(CONTRACT, PHOTO), 20)
    (sent,) = gemini.requests()
    parts = sent["body"]["contents"][-1]["parts"]
    assert [part.get("text") for part in parts] == [
        "Arquivo anexado: “contrato.pdf”", None, "Arquivo anexado: “praia.png”", None, "Oi",
    ]  # fmt: skip
    assert [one["bytes"] for one in sent["files"]] == [len(pdf(2)), len(PNG)]


def test_model_that_cannot_take_a_kind_is_passed_over_for_that_question_alone(
    gemini: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = replace(FAMILIES[1], inputs=("text", "images"))
    monkeypatch.setattr("falaai.model_families.FAMILIES", (FAMILIES[0], blind, *FAMILIES[2:]))
    both = models(gemini, "gemini-3.8-flash,gemini-2.5-flash-lite")
    for prompt in (about(CONTRACT), about(PHOTO), PROMPT):
        ask(both, prompt, 20)
    asked = [request["model"] for request in gemini.requests()]
    assert asked == ["gemini-2.5-flash-lite", "gemini-3.8-flash", "gemini-3.8-flash"]
    with pytest.raises(errors.ModelCannotRead):
        ask(models(gemini, "gemini-3.8-flash"), about(CONTRACT), 20)


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (replace(PHOTO, media_type="image/x-raw"), errors.ModelCannotRead),
        (replace(CONTRACT, data=b"%PDF-1.4"), errors.ModelCannotRead),
        (MediaFile("a.txt", Kind.TEXT, "text/plain", b"x" * 4_300_000), errors.ModelCannotRead),
        (replace(PHOTO, data=None, uri="http://127.0.0.1:1/praia.png"), errors.FilesUnavailable),
    ],
    ids=["media type", "damaged", "too many tokens", "address"],
)
def test_file_that_gemini_refuses_has_a_failure_of_its_own(
    gemini: FakeService, file: MediaFile, error: type[errors.LanguageModelError]
) -> None:
    model = models(gemini)
    with pytest.raises(error):
        ask(model, about(file), 20)
    ask(model, PROMPT, 20)
