"""Writing a summary with a fake model: what the model is asked, and how long the answer may be."""

import pytest

from falaai.conversation_memory import SUMMARY_MAX_CHARACTERS, SummaryPlan, Turn
from falaai.errors import LanguageModelError, ModelBlocked, ModelSilent, ModelTimedOut, RetryLater
from falaai.fact_rules import Sentence
from falaai_memory.summarization import MAX_TOKENS, write_summary
from tests.support.fakes import FakeModel

PLAN = SummaryPlan((Turn(1, "usuario", "Meu nome é Ana."), Turn(2, "ia", "Olá, Ana.")), 2)


def test_old_summary_and_planned_turns_are_sent_once() -> None:
    model = FakeModel(["Ana se ", "apresentou."])
    assert write_summary(model, "Conversaram sobre pão.", PLAN) == ("Ana se apresentou.", [])
    (prompt,) = model.prompts
    (turn,) = prompt.turns
    assert (
        turn.text.index("Conversaram sobre pão.") < turn.text.index("Meu nome é Ana.") < turn.text.index("Olá, Ana.")
    )
    assert prompt.max_tokens == MAX_TOKENS


def test_first_summary_says_that_there_is_none_yet() -> None:
    model = FakeModel(["Nova."])
    write_summary(model, "", PLAN)
    assert "(vazio)" in model.prompts[0].turns[0].text


def test_longer_answer_is_cut() -> None:
    longer = FakeModel(["x" * (SUMMARY_MAX_CHARACTERS + 1)])
    assert write_summary(longer, "", PLAN) == ("x" * SUMMARY_MAX_CHARACTERS, [])


def test_facts_come_with_the_summary_in_one_answer() -> None:
    sentences = [Sentence(1, "Meu nome é Ana.", "Meu nome é Ana.")]
    model = FakeModel(['{"resposta": "Ana se apresentou.", "fatos": [{"frase": 1, "texto": "O nome é Ana"}]}'])
    summary, facts = write_summary(model, "", PLAN, sentences)
    assert (summary, [(one.text, one.seq) for one in facts]) == ("Ana se apresentou.", [("O nome é Ana", 1)])
    (prompt,) = model.prompts
    assert prompt.turns[0].text.endswith("\n> 1. Meu nome é Ana.")


@pytest.mark.parametrize("said", ['{"resposta": ', '{"resposta": " "}'])
def test_answer_without_a_summary_is_retried_later(said: str) -> None:
    with pytest.raises(RetryLater):
        write_summary(FakeModel([said]), "", PLAN, [Sentence(1, "Meu nome é Ana.", "Meu nome é Ana.")])


@pytest.mark.parametrize("failure", [ModelTimedOut, ModelBlocked, ModelSilent])
def test_every_failure_is_retried_later(failure: type[LanguageModelError]) -> None:
    with pytest.raises(RetryLater, match=failure.code):
        write_summary(FakeModel([], failure("test")), "", PLAN)
