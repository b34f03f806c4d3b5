"""LangChain's Gemini against the stand-in's real wire protocol: pieces, costs, fallbacks and every failure."""

import pytest

from falaai import errors
from falaai.conversation_memory import Turn
from falaai.language_model import GeminiModels, Prompt, ask
from falaai.settings import GeminiSettings
from tests.conftest import at_most
from tests.integration.conftest import StandIn

PROMPT = Prompt("Você é um teste.", (Turn(1, "usuario", "Oi"),))


def models(stand_in: StandIn, names: str = "gemini-2.5-flash", key: str = "k" * 39) -> GeminiModels:
    options = GeminiSettings(gemini_api_key=key, gemini_model=names, gemini_base_url=stand_in.url)  # type: ignore[arg-type]
    return GeminiModels(options)


def test_pieces_and_costs(gemini: StandIn) -> None:
    answer = models(gemini).answer(PROMPT, 20)
    pieces = list(answer)
    assert len(pieces) > 1
    assert answer.model == "gemini-2.5-flash"
    assert answer.tokens_in > 0
    assert answer.tokens_out > 0


def test_withdrawn_model_is_passed_over_once_and_for_all(gemini: StandIn) -> None:
    both = models(gemini, "gemini-1.0-gone,gemini-3.5-flash-lite")
    ask(both, PROMPT, 20)
    ask(both, PROMPT, 20)
    asked = [request["model"] for request in gemini.requests()]
    assert asked == ["gemini-1.0-gone", "gemini-3.5-flash-lite", "gemini-3.5-flash-lite"]


def test_no_model_left(gemini: StandIn) -> None:
    with pytest.raises(errors.ModelNotConfigured):
        ask(models(gemini, "gemini-1.0-gone"), PROMPT, 20)


@pytest.mark.parametrize(
    ("name", "thinking"), [("gemini-2.5-flash", {"budget": 0}), ("gemini-3.5-flash-lite", {"level": "minimal"})]
)
def test_each_family_gets_its_own_parameters(gemini: StandIn, name: str, thinking: dict[str, object]) -> None:
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
def test_each_failure_has_its_own_error(gemini: StandIn, fault: str, error: type[errors.LanguageModelError]) -> None:
    gemini.fault(fault=fault)
    with pytest.raises(error):
        ask(models(gemini), PROMPT, 20)


@pytest.mark.parametrize("fault", ["timeout", "drip"])
def test_deadline_is_total(gemini: StandIn, fault: str) -> None:
    gemini.fault(fault=fault, delay=0.2)
    ready = models(gemini)
    ready._client("gemini-2.5-flash")
    # Both faults go on for ever: only a deadline of our own ends the call.
    with at_most(3, f"answer, {fault}"), pytest.raises(errors.ModelTimedOut):
        ask(ready, PROMPT, 1.5)


def test_nobody_listening(gemini: StandIn) -> None:
    with pytest.raises(errors.ModelUnavailable):
        ask(models(StandIn("http://127.0.0.1:1")), PROMPT, 20)


def test_not_one_token_is_counted_online(gemini: StandIn) -> None:
    ask(models(gemini), PROMPT, 20)
    assert {request["method"] for request in gemini.requests()} == {"streamGenerateContent"}
