"""Parameters of Gemini's models: the table of families, and parameters that a model refuses."""

import pytest

from falaai import errors
from falaai.conversation_memory import Turn
from falaai.language_model import Failed, Prompt, ask
from falaai.model_families import FAMILIES, THINKING_TOKENS, Family, find_family
from falaai.modes import Mode
from tests.support.gemini_models import PROMPT, OpenModels, configs, counts, know, refuse
from tests.support.services import FakeService


@pytest.mark.parametrize(
    ("name", "thinking"), [("gemini-2.5-flash", {"budget": 0}), ("gemini-3.5-flash-lite", {"level": "minimal"})]
)
def test_each_family_gets_its_own_parameters(
    models: OpenModels, gemini: FakeService, name: str, thinking: dict[str, object]
) -> None:
    ask(models(gemini, name), PROMPT, 20)
    config = gemini.requests()[0]["body"]["generationConfig"]
    sent = {key.lower().replace("thinking", "").strip("_"): value for key, value in config["thinkingConfig"].items()}
    assert {key: str(value).lower() for key, value in sent.items()} == {
        key: str(value) for key, value in thinking.items()
    }


@pytest.mark.parametrize("name", ["gemini-3.8-flash", "gemini-3.8-flash-preview-12-2026"])
def test_refused_thinking_level_is_left_out_for_good(
    models: OpenModels, gemini: FakeService, name: str, capsys: pytest.CaptureFixture[str]
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
def test_each_refused_parameter_is_left_out_and_the_others_stay(
    models: OpenModels, gemini: FakeService, refused: list[str]
) -> None:
    refuse(gemini, *refused)
    ready = models(gemini, "gemini-2.5-flash")
    assert ask(ready, PROMPT, 20)
    assert ask(ready, PROMPT, 20)
    *tries, last, again = configs(gemini)
    assert len(tries) == len(refused)
    assert sorted(last) == sorted(again) == sorted({"temperature", "thinkingConfig"} - set(refused))


def test_room_for_thoughts_when_the_model_thinks_as_it_likes(models: OpenModels, gemini: FakeService) -> None:
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
def test_other_400_is_not_asked_again(models: OpenModels, gemini: FakeService, name: str, message: str) -> None:
    know(gemini, name)
    gemini.fault(fault="400", message=message)
    with pytest.raises(errors.LanguageModelError):
        ask(models(gemini, name), PROMPT, 20)
    assert len(gemini.requests()) == 1


def test_parameter_refused_again_and_again_is_left_out_once(models: OpenModels, gemini: FakeService) -> None:
    gemini.fault(fault="400", message="Thinking level is unsupported: THINKING_LEVEL_MINIMAL")
    with pytest.raises(errors.ModelUnavailable):
        ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert len(gemini.requests()) == 2


def test_retry_has_what_is_left_of_the_deadline(models: OpenModels, gemini: FakeService) -> None:
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


# A model of each family whose prefix alone is no model.
EXAMPLES = {
    "gemini-4": "gemini-4-neon",
    "gemini-3.1-pro": "gemini-3.1-pro-preview",
    "gemini-3-flash": "gemini-3-flash-preview",
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.prefix)
def test_every_model_of_the_table_answers_the_first_request_of_each_mode(
    models: OpenModels, gemini: FakeService, family: Family, mode: Mode, capsys: pytest.CaptureFixture[str]
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
def test_unknown_model_is_asked_without_parameters(
    models: OpenModels, gemini: FakeService, name: str, mode: Mode
) -> None:
    know(gemini, name)
    assert find_family(name) is None
    assert ask(models(gemini, name), Prompt("Você é um teste.", PROMPT.turns, mode=mode), 20)
    assert configs(gemini) == [{}]


def test_limit_of_output_tokens_that_a_model_refuses_is_left_out(
    models: OpenModels, gemini: FakeService, capsys: pytest.CaptureFixture[str]
) -> None:
    know(gemini, "gemini-2.0-flash")
    ready = models(gemini, "gemini-2.0-flash")
    assert ask(ready, PROMPT, 20)
    assert ask(ready, PROMPT, 20)
    sent = ["maxOutputTokens" in request["body"]["generationConfig"] for request in gemini.requests()]
    assert sent == [True, False, False]
    assert counts(capsys) == 1


def test_parameter_that_only_the_details_of_a_400_name_is_left_out(models: OpenModels, gemini: FakeService) -> None:
    detail = {"fieldViolations": [{"field": "generation_config.thinking_config", "description": "unknown"}]}
    gemini.fault(fault="400", message="Request contains an invalid argument.", details=[detail], times=1)
    assert ask(models(gemini, "gemini-3.5-flash-lite"), PROMPT, 20)
    assert [[*config] for config in configs(gemini)] == [["thinkingConfig"], []]


def test_level_that_is_refused_in_one_mode_stays_in_the_other(models: OpenModels, gemini: FakeService) -> None:
    gemini.fault(fault="400", message="Thinking level HIGH is not supported for this model.", times=1)
    ready = models(gemini, "gemini-3.5-flash-lite")
    assert ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    assert ask(ready, PROMPT, 20)
    assert [[*config] for config in configs(gemini)] == [["thinkingConfig"], [], ["thinkingConfig"]]
