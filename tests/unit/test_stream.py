"""The events of a reply on the wire, and the channel between the worker thread and the response."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi import routing as fastapi_routing
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.testclient import TestClient

from falaai.database import Executed, Parameters
from falaai.errors import DatabaseUnavailable, ModelTimedOut
from falaai.language_model import Completed, Delta, Failed, Heartbeat, Usage
from falaai.logs import logger
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai.web import texts
from falaai_chat.generation import ReplyDependencies
from falaai_chat.generation.events import Interrupted, ReplyEvent
from falaai_chat.pending_replies import ExistingReply, NewReply
from falaai_chat.routes import stream
from falaai_chat.routes.stream import EventChannel, UncachedRoute, start_reply, wire_events
from falaai_chat.schemas import StreamInput
from tests.support.fakes import FakeDatabase, FakeModel, FakeQueues

SESSION = Session(1, 1, None, "Ana", "ana@exemplo.com.br", 0, datetime(2026, 6, 1))
PENDING = NewReply(SESSION, 7, 70, 71, 2, 1, (), "", False, 9)
START = (
    "start",
    {"conversation_id": 7, "question_id": 70, "message_id": 71, "seq": 2, "restam": 9, "modo": "rapido"},
)


def wire(*events: ReplyEvent) -> list[tuple[str | None, dict[str, Any]]]:
    return [(event.event, event.data) for event in wire_events(PENDING, iter(events))]


def test_complete_reply() -> None:
    start, *deltas, done = wire(Delta("Olá, "), Delta("Ana."), Completed("Olá, Ana.", Usage("m", 3, 2)))
    assert start == START
    assert deltas == [("delta", {"text": "Olá, "}), ("delta", {"text": "Ana."})]
    usage = {"tokens_in": 3, "tokens_out": 2}
    assert done == ("done", {"html": "<p>Olá, Ana.</p>\n", "estado": "completa", "aviso": None, "usage": usage})


def test_silence_is_no_event() -> None:
    assert wire(Heartbeat(), Heartbeat()) == [START]


def test_finished_block_is_sent_as_html() -> None:
    names = [name for name, _ in wire(Delta("Um.\n"), Delta("\nDois.\n\n"), Delta("Três"))]
    assert names == ["start", "delta", "delta", "block", "delta"]


@pytest.mark.parametrize(("error", "notice"), [(None, texts.REPLY_STOPPED), ("abandoned", texts.REPLY_ABANDONED)])
def test_interrupted_reply_tells_the_reason(error: str | None, notice: str) -> None:
    _, (name, done) = wire(Interrupted("Ol", error))
    assert (name, done["estado"], done["aviso"]) == ("done", "interrompida", notice)


def test_failed_reply_is_an_error_that_names_the_reply() -> None:
    _, failed = wire(Failed(ModelTimedOut("late").about(message_id=71), "Ol"))
    detail = texts.ERRORS["model_timed_out"]
    assert failed == ("error", {"code": "model_timed_out", "detail": detail, "message_id": 71})


def test_channel_gives_all_events_of_the_worker_and_then_ends() -> None:
    async def read() -> list[object]:
        channel = EventChannel()
        worker = Thread(target=lambda: [channel.put(event) for event in (*wire_events(PENDING, iter([])), None)])
        worker.start()
        return [event.data async for event in channel.events()]

    assert asyncio.run(read()) == [START[1]]


def test_worker_goes_on_when_the_server_has_ended() -> None:
    async def open_channel() -> EventChannel:
        return EventChannel()

    channel = asyncio.run(open_channel())  # its loop is closed now
    channel.put(ServerSentEvent(event="delta", data={"text": "tarde"}))


class DatabaseThatIsGone(FakeDatabase):
    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        raise DatabaseUnavailable("gone")


def test_error_in_the_worker_reaches_the_reader_and_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: dict[str, Any] = {}
    monkeypatch.setattr(logger(), "warning", lambda message, extra: logged.update({message: extra}))
    reply = Message(71, 7, 2, "ia", "", State.GENERATING, SESSION.now, None, 1)
    services = ReplyDependencies(DatabaseThatIsGone(), FakeModel(), FakeQueues())  # type: ignore[arg-type]

    async def read() -> list[tuple[str | None, dict[str, Any]]]:
        channel = await start_reply(StreamInput(message="Oi"), services, ExistingReply(SESSION, 7, 70, reply))
        return [(event.event, event.data) async for event in channel.events()]

    (started, _), (name, data) = asyncio.run(read())
    assert (started, name, data["code"]) == ("start", "error", "database_unavailable")
    reason = {"reply_id": 71, "code": "database_unavailable", "reason": "gone"}
    assert logged["generation failed"] == reason


def test_failure_after_the_end_of_a_reply_is_logged_and_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(logger(), "exception", lambda message, extra: logged.append(message))
    services = ReplyDependencies(FakeDatabase(), FakeModel(), FakeQueues())  # type: ignore[arg-type]

    def generate(*_: object) -> Iterator[ReplyEvent]:
        yield Completed("Olá")
        raise ValueError("a mistake in the follow-up jobs")

    monkeypatch.setattr(stream, "generate_reply", generate)

    async def read() -> list[str | None]:
        channel = await start_reply(StreamInput(message="Oi"), services, PENDING)
        return [event.event async for event in channel.events()]

    assert asyncio.run(read()) == ["start", "done"]
    assert logged == ["generation failed"]


def test_comment_keeps_a_silent_stream_open_and_no_cache_stores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fastapi_routing._PING_INTERVAL <= 15
    monkeypatch.setattr(fastapi_routing, "_PING_INTERVAL", 0.05)
    app = FastAPI()
    app.router.route_class = UncachedRoute

    @app.get("/", response_class=EventSourceResponse)
    async def silent() -> Any:
        await asyncio.sleep(0.3)
        yield ServerSentEvent(event="done", data={"html": "<p>ç</p>"})

    answer = TestClient(app).get("/")
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.headers["x-accel-buffering"] == "no"
    *comments, last, end = answer.text.split("\n\n")
    assert set(comments) == {": ping"}
    assert end == ""
    name, data = last.split("\n")
    assert name == "event: done"
    assert json.loads(data.removeprefix("data: ")) == {"html": "<p>ç</p>"}
