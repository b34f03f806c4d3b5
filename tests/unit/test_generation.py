"""The rules of one generation: its events, its partial saves, and its end, which is stored exactly once."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from falaai import sao_paulo, settings
from falaai.errors import DatabaseUnavailable, ModelTimedOut
from falaai.language_model import Completed, Delta, Failed, Heartbeat, ModelEvent, Usage
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai_chat import prompts
from falaai_chat.generation import ReplyDependencies, generate_reply, warm_up_reply
from falaai_chat.generation.events import Interrupted, ReplyEvent
from falaai_chat.generation.stored_reply import StoredReply, store_reply
from falaai_chat.pending_replies import ExistingReply
from falaai_chat.routes import replies
from tests.support.fakes import FakeDatabase, FakeModel, FakeQueues

COST = Usage("fake", 3, 2)
FAILURE = ModelTimedOut("late")
SENT_AT = datetime(2026, 6, 1)
RUNNING = Message(71, 7, 2, "ia", "", State.GENERATING, SENT_AT, None, 1)


@dataclass
class FakeRow(StoredReply):
    """A row that records all writes. A user stops the reply before the write number `stopped_at`."""

    stopped_at: int = 100
    writes: list[object] = field(default_factory=list)

    def save_partial_text(self, text: str) -> bool:
        return self._write(text)

    def finish(self, end: Completed | Failed) -> bool:
        return self._write(end)

    def stop(self, end: Interrupted, queries: int = 0) -> None:
        self.writes.append(end)

    def _write(self, value: object) -> bool:
        if len(self.writes) >= self.stopped_at:
            return False
        self.writes.append(value)
        return True


@dataclass
class FakeStream:
    """The events of a model, half a second apart by a clock of its own."""

    events: list[ModelEvent]
    now: float = 0.0
    is_closed: bool = False

    def __call__(self) -> Generator[ModelEvent]:
        try:
            for event in self.events:
                self.now += 0.5
                yield event
        finally:
            self.is_closed = True


def run(monkeypatch: pytest.MonkeyPatch, row: FakeRow, *events: ModelEvent) -> tuple[list[ReplyEvent], FakeStream]:
    stream = FakeStream([*events])
    monkeypatch.setattr(time, "monotonic", lambda: stream.now)
    return [*store_reply(stream(), row)], stream


def words(*texts: str) -> Iterator[Delta]:
    return (Delta(text, COST) for text in texts)


def test_complete_reply_is_passed_on_and_stored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row, end = FakeRow(), Completed("Olá.", COST)
    events, _ = run(monkeypatch, row, *words("Olá", "."), end)
    assert events == [*words("Olá", "."), end]
    assert row.writes == ["Olá.", end]


def test_failed_reply_is_stored_with_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    row, end = FakeRow(), Failed(FAILURE, "Olá", COST)
    events, _ = run(monkeypatch, row, *words("Olá"), end)
    assert events[-1] == end
    assert row.writes == [end]


def test_partial_text_is_saved_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    row, end = FakeRow(), Completed("um dois três quatro cinco")
    run(monkeypatch, row, *words("um ", "dois ", "três ", "quatro ", "cinco"), end)
    assert row.writes == ["um dois ", "um dois três quatro ", end]


def test_partial_text_is_saved_while_the_model_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    row, end = FakeRow(), Completed("um")
    run(monkeypatch, row, *words("um"), Heartbeat(), Heartbeat(), Heartbeat(), end)
    assert row.writes == ["um", "um", end]


@pytest.mark.parametrize("silence", [[], [Heartbeat(), Heartbeat()]])
def test_stopped_reply_cancels_the_model_and_keeps_its_text(
    monkeypatch: pytest.MonkeyPatch, silence: list[ModelEvent]
) -> None:
    row, end = FakeRow(stopped_at=1), Interrupted("um dois ", usage=COST)
    events, stream = run(monkeypatch, row, *words("um ", "dois "), *silence, *words("três ", "quatro "))
    assert stream.is_closed
    kept = end if silence else Interrupted("um dois três quatro ", usage=COST)
    assert events[-1] == kept
    assert row.writes == ["um dois ", kept]


@pytest.mark.parametrize("end", [Completed("Olá", COST), Failed(FAILURE, "Olá", COST)])
def test_stop_at_the_last_moment_wins_over_the_end(monkeypatch: pytest.MonkeyPatch, end: Completed | Failed) -> None:
    row = FakeRow(stopped_at=0)
    events, _ = run(monkeypatch, row, *words("Olá"), end)
    assert events == [*words("Olá"), Interrupted("Olá", usage=COST)]
    assert row.writes == [Interrupted("Olá", usage=COST)]


def test_stop_before_the_first_word_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = FakeRow(stopped_at=0)
    events, stream = run(monkeypatch, row, Heartbeat(), Heartbeat(), *words("tarde"))
    assert events == [Heartbeat(), Heartbeat(), Interrupted("")]
    assert stream.is_closed


def test_generation_is_over_when_the_error_of_its_reply_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    over: list[bool] = []

    def generate(*_: object) -> Iterator[ReplyEvent]:
        yield Failed(FAILURE, "Olá")
        over.append(True)  # here a follower's place is given up

    monkeypatch.setattr(replies, "generate_reply", generate)
    pending = ExistingReply(Session(1, 1, None, "Ana", "ana@exemplo.com.br", 0, SENT_AT), 7, 70, RUNNING)
    dependencies = ReplyDependencies(FakeDatabase(), FakeModel(), FakeQueues())  # type: ignore[arg-type]
    with pytest.raises(ModelTimedOut):
        replies._whole_reply(dependencies, pending, "pt-BR", None)
    assert over == [True]


class DatabaseWithoutTransactions(FakeDatabase):
    def transaction(self, *work: Any) -> Any:
        raise DatabaseUnavailable("gone")


def test_followed_reply_ends_properly_when_its_place_cannot_be_given_up() -> None:
    stored = {"id": 71, "id_conversa": 7, "seq": 2, "remetente": "ia", "conteudo": "Olá", "estado": "completa"}
    place = {"posicao": None, "ramo": None, "versao": 1, "modo": "rapido"}
    rows = {"FROM mensagens": [stored | place | {"data_envio": SENT_AT, "erro": None, "geracao": 1}]}
    existing = ExistingReply(Session(1, 1, None, "Ana", "ana@exemplo.com.br", 0, SENT_AT), 7, 70, RUNNING)
    dependencies = ReplyDependencies(DatabaseWithoutTransactions(rows), FakeModel(), FakeQueues())  # type: ignore[arg-type]
    assert [*generate_reply(dependencies, existing, "pt-BR", 20)] == [Delta("Olá"), Completed("Olá")]


def test_warm_up_reads_once_what_the_first_reply_reads_and_asks_nothing() -> None:
    caches = (settings.read, sao_paulo.zone, prompts._persona)
    for cached in caches:
        cached.cache_clear()
    model = FakeModel()
    warm_up_reply(model, datetime(2026, 1, 2), "pt-BR")
    assert [cached.cache_info().currsize for cached in caches] == [1, 1, 1]
    assert model.prompts == []
