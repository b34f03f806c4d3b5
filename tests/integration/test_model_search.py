"""LangChain's Gemini with a web search, against the fake: tools, metadata of one and two chunks, and its failures."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from fakes.gemini_web import find_pages, metadata
from falaai import errors
from falaai.conversation_memory import Turn
from falaai.gemini.models import GeminiModels
from falaai.grounding import Grounding, Notice
from falaai.language_model import Completed, Delta, Failed, ModelEvent, Prompt
from falaai.settings import GeminiSettings
from tests.support.services import FakeService

QUESTION = "Como está a inflação?"
PROMPT = Prompt("Você é um teste.", (Turn(1, "usuario", QUESTION),), searches=True)
UNAVAILABLE = Grounding(notice=Notice.UNAVAILABLE)


@pytest.fixture
def model(gemini: FakeService) -> Iterator[GeminiModels]:
    options = GeminiSettings(
        gemini_api_key="k" * 39,
        gemini_model="gemini-3.5-flash-lite",  # type: ignore[arg-type]
        gemini_base_url=gemini.url,
    )
    opened = GeminiModels(options)
    yield opened
    opened.close()


def pace(gemini: FakeService, **values: Any) -> None:
    httpx.put(f"{gemini.url}/admin/pace", json={"delay": 0, **values}).raise_for_status()


def completed(events: list[ModelEvent]) -> Completed:
    end = events[-1]
    assert isinstance(end, Completed)
    assert end.text == "".join(event.text for event in events if isinstance(event, Delta))
    return end


def cited(end: Completed) -> list[str]:
    assert end.grounding
    return [end.text[one.start : one.end] for one in end.grounding.citations]


def tools(gemini: FakeService) -> list[Any]:
    return [request["body"].get("tools") for request in gemini.requests()]


def test_search_has_exactly_two_tools_and_its_sources_come_with_the_end(
    gemini: FakeService, model: GeminiModels
) -> None:
    end = completed([*model.stream(PROMPT, 20)])
    assert end.grounding
    assert [source.domain for source in end.grounding.sources] == [page.domain for page in find_pages(QUESTION)]
    assert cited(end) == [page.sentence for page in find_pages(QUESTION)]
    assert end.grounding.queries == (QUESTION,)
    assert end.grounding.has_suggestions
    assert tools(gemini) == [[{"googleSearch": {}}, {"urlContext": {}}]]


def test_prompt_without_a_search_has_no_tools_and_no_grounding(gemini: FakeService, model: GeminiModels) -> None:
    assert completed([*model.stream(replace(PROMPT, searches=False), 20)]).grounding is None
    assert tools(gemini) == [None]


def test_model_that_did_not_search_says_so(model: GeminiModels) -> None:
    end = completed([*model.stream(replace(PROMPT, turns=(Turn(1, "usuario", "Oi"),)), 20)])
    assert end.grounding == Grounding(notice=Notice.NO_SEARCH)


@pytest.mark.parametrize("chunks", [1, 2, 3])
def test_metadata_of_several_chunks_is_taken_once(gemini: FakeService, model: GeminiModels, chunks: int) -> None:
    text = "Não há café\u0301 👋🏽 na **ação**, e o preço é `R$ 10`. Mais palavras vêm depois, até o fim."
    page = find_pages("juros")[0]
    found = metadata(text, [(page, "Não há café\u0301 👋🏽"), (page, "**ação**"), (page, "`R$ 10`")], "juros")
    pace(gemini, text=text, grounding=found, grounding_chunks=chunks)
    end = completed([*model.stream(PROMPT, 20)])
    assert end.grounding
    assert cited(end) == ["Não há café\u0301 👋🏽", "**ação**", "`R$ 10`"]
    assert (len(end.grounding.sources), len(end.grounding.queries)) == (1, 1)
    assert end.grounding.suggestions == found["searchEntryPoint"]["renderedContent"]


@pytest.mark.parametrize("fault", ["400", "429", "500", "503", "empty", "malformed"])
def test_search_that_fails_before_a_word_is_left_out(gemini: FakeService, model: GeminiModels, fault: str) -> None:
    gemini.fault(fault=fault, searching=True)
    assert completed([*model.stream(PROMPT, 20)]).grounding == UNAVAILABLE
    assert tools(gemini)[-1] is None


def test_search_that_ends_without_a_word_was_paid_for(gemini: FakeService, model: GeminiModels) -> None:
    gemini.fault(fault="empty", searching=True)
    used = completed([*model.stream(PROMPT, 20)]).usage
    gemini.fault(fault=None)
    alone = completed([*model.stream(replace(PROMPT, searches=False), 20)]).usage
    assert used.model == alone.model
    assert used.tokens_in > alone.tokens_in


def test_search_that_stalls_is_left_out_in_time_for_an_answer(gemini: FakeService, model: GeminiModels) -> None:
    gemini.fault(fault="timeout", searching=True)
    assert completed([*model.stream(PROMPT, 6)]).grounding == UNAVAILABLE


@pytest.mark.parametrize("fault", ["blocked", "max_tokens"])
def test_failure_that_the_question_causes_is_not_tried_without_a_search(
    gemini: FakeService, model: GeminiModels, fault: str
) -> None:
    gemini.fault(fault=fault)
    assert isinstance([*model.stream(PROMPT, 20)][-1], Failed)
    assert len(gemini.requests()) == 1


def test_search_cut_off_after_words_keeps_them_and_fails(gemini: FakeService, model: GeminiModels) -> None:
    gemini.fault(fault="cut", searching=True)
    end = [*model.stream(PROMPT, 20)][-1]
    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.ModelInterrupted)
    assert end.text
    assert end.grounding is None
    assert len(gemini.requests()) == 1


def test_failure_with_and_without_a_search_is_the_failure_of_the_answer(
    gemini: FakeService, model: GeminiModels
) -> None:
    gemini.fault(fault="503")
    end = [*model.stream(PROMPT, 20)][-1]
    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.ModelUnavailable)
