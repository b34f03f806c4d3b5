"""Contract of `LanguageModel`, on Gemini's protocol and on the fake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from falaai.conversation_memory import Turn
from falaai.errors import (
    LanguageModelError,
    ModelBlocked,
    ModelCutShort,
    ModelInterrupted,
    ModelRateLimited,
    ModelSilent,
    ModelTimedOut,
)
from falaai.gemini.models import GeminiModels
from falaai.language_model import Completed, Delta, Failed, Heartbeat, LanguageModel, ModelEvent, Prompt, ask
from falaai.settings import GeminiSettings
from tests.support.fakes import FakeModel
from tests.support.services import FakeService
from tests.support.waiting import HANG_SECONDS

PROMPT = Prompt("Você é um teste.", (Turn(1, "usuario", "Conte até quatro."),), 60)
PIECES = ["um ", "dois ", "três ", "quatro"]
SECONDS = 20.0
# Gemini's fault for each failure, and the number of pieces that arrive before it.
FAULTS: dict[type[LanguageModelError], tuple[str, int]] = {
    ModelRateLimited: ("429", 0),
    ModelBlocked: ("safety", 2),
    ModelCutShort: ("max_tokens", 2),
    ModelInterrupted: ("cut", 2),
    ModelSilent: ("empty", 0),
    ModelTimedOut: ("timeout", 2),
}


@dataclass
class Case:
    """A model that answers with PIECES. `fail` sets a failure; `asked` returns the text of each question so far."""

    model: LanguageModel
    fail: Callable[[type[LanguageModelError]], None]
    asked: Callable[[], list[str]]


@pytest.fixture
def real(gemini: FakeService) -> Iterator[Case]:
    pace = {"delay": 0.0, "pieces": len(PIECES), "text": "".join(PIECES)}
    httpx.put(f"{gemini.url}/admin/pace", json=pace).raise_for_status()
    options = GeminiSettings(gemini_api_key="k" * 39, gemini_model="gemini-2.5-flash", gemini_base_url=gemini.url)  # type: ignore[arg-type]
    model = GeminiModels(options)
    # LangChain is imported at the first answer, which takes long on a busy machine.
    ask(model, PROMPT, HANG_SECONDS)
    httpx.delete(f"{gemini.url}/admin/requests").raise_for_status()

    def fail(error: type[LanguageModelError]) -> None:
        name, after = FAULTS[error]
        gemini.fault(fault=name, after_pieces=after)

    def asked() -> list[str]:
        return [request["body"]["contents"][-1]["parts"][0]["text"] for request in gemini.requests()]

    yield Case(model, fail, asked)
    model.close()


@pytest.fixture
def fake() -> Case:
    model = FakeModel([*PIECES])

    def fail(error: type[LanguageModelError]) -> None:
        model.pieces, model.failure = PIECES[: FAULTS[error][1]], error("set by the test")

    return Case(model, fail, lambda: [prompt.turns[-1].text for prompt in model.prompts])


@pytest.fixture(params=["real", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def play(case: Case, seconds: float = SECONDS) -> tuple[list[str], ModelEvent]:
    """Return the pieces of one answer, and its end. There is exactly one end, and it is the last event."""
    *events, end = case.model.stream(PROMPT, seconds)
    assert {type(event) for event in events} <= {Delta, Heartbeat}
    return [event.text for event in events if isinstance(event, Delta)], end


def test_complete_answer_is_its_pieces_and_has_a_cost(case: Case) -> None:
    pieces, end = play(case)
    assert pieces == PIECES
    assert isinstance(end, Completed)
    assert end.text == "".join(PIECES)
    assert end.usage.model
    assert end.usage.tokens_in > 0
    assert end.usage.tokens_out > 0
    assert case.asked() == [PROMPT.turns[-1].text]


@pytest.mark.parametrize("error", FAULTS)
def test_failure_is_the_last_event_and_has_the_text_that_arrived(case: Case, error: type[LanguageModelError]) -> None:
    case.fail(error)
    pieces, end = play(case, seconds=4.0 if error is ModelTimedOut else SECONDS)
    assert isinstance(end, Failed)
    assert type(end.error) is error
    assert pieces == PIECES[: FAULTS[error][1]]
    assert end.text == "".join(pieces)


def test_closed_answer_does_not_disturb_the_next_one(case: Case) -> None:
    events = case.model.stream(PROMPT, SECONDS)
    assert next(event for event in events if isinstance(event, Delta)).text == PIECES[0]
    events.close()
    assert play(case)[0] == PIECES


def test_ask_returns_the_whole_text_or_raises_the_failure(case: Case) -> None:
    assert ask(case.model, PROMPT, SECONDS) == "".join(PIECES).strip()
    case.fail(ModelBlocked)
    with pytest.raises(ModelBlocked):
        ask(case.model, PROMPT, SECONDS)


def test_warm_up_asks_no_question(case: Case) -> None:
    case.model.warm_up()
    assert case.asked() == []
    assert play(case)[0] == PIECES
