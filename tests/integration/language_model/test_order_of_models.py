"""The order of Gemini's models: withdrawn ones, those of the thinking mode, and the one that really answered."""

import pytest

from falaai import errors
from falaai.language_model import Completed, Prompt, ask
from falaai.modes import Mode
from tests.support.gemini_models import PROMPT, OpenModels, know
from tests.support.services import FakeService


def test_withdrawn_model_is_passed_over_once_and_for_all(models: OpenModels, gemini: FakeService) -> None:
    both = models(gemini, "gemini-1.0-gone,gemini-3.5-flash-lite")
    ask(both, PROMPT, 20)
    ask(both, PROMPT, 20)
    asked = [request["model"] for request in gemini.requests()]
    assert asked == ["gemini-1.0-gone", "gemini-3.5-flash-lite", "gemini-3.5-flash-lite"]


def test_question_fails_when_no_model_is_left(models: OpenModels, gemini: FakeService) -> None:
    with pytest.raises(errors.ModelNotConfigured):
        ask(models(gemini, "gemini-1.0-gone"), PROMPT, 20)


def test_thinking_mode_asks_its_own_models_and_then_the_others(models: OpenModels, gemini: FakeService) -> None:
    ready = models(gemini, "gemini-3.5-flash-lite", thinking=("gemini-1.0-gone", "gemini-3.8-flash"))
    ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    ask(ready, PROMPT, 20)
    know(gemini, "gemini-3.5-flash-lite")
    ask(ready, Prompt("Teste.", PROMPT.turns, mode=Mode.THINK), 20)
    asked = [request["model"] for request in gemini.requests()]
    lite, flash = "gemini-3.5-flash-lite", "gemini-3.8-flash"
    assert asked == ["gemini-1.0-gone", flash, lite, flash, lite]


def test_model_that_really_answered_is_the_one_that_is_told(models: OpenModels, gemini: FakeService) -> None:
    know(gemini, "gemini-2.5-flash", **{"gemini-2.5-flash": "gemini-3.5-flash-lite-001"})
    *_, end = models(gemini, "gemini-2.5-flash").stream(PROMPT, 20)
    assert isinstance(end, Completed)
    assert end.usage.model == "gemini-3.5-flash-lite-001"
