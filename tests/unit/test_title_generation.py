"""The model's answer becomes a title of at most five words and fifty characters."""

import pytest

from falaai.conversation_memory import Turn
from falaai.errors import (
    LanguageModelError,
    ModelBlocked,
    ModelInterrupted,
    ModelRateLimited,
    ModelTimedOut,
    ModelUnavailable,
    RetryLater,
)
from falaai.fact_rules import Sentence
from falaai_titles.title_generation import clean_title, generate_title
from tests.support.fakes import FakeModel


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Receita de pão de queijo", "Receita de pão de queijo"),
        ('"Receita de pão de queijo mineiro."', "Receita de pão de queijo"),
        ("**Título: Plano de estudos**", "Plano de estudos"),
        ("\n\nCLT ou PJ?\nOutra linha", "CLT ou PJ?"),
        ("# Viagem a Recife", "Viagem a Recife"),
        ("Fatura\u202e de \u2066maio\u2069 \x1b", "Fatura de maio"),
        ("Família 👩‍👩‍👧", "Família 👩‍👩‍👧"),
        ("", ""),
        ("...", ""),
        ("Anticonstitucionalissimamente otorrinolaringologista pneumo", "Anticonstitucionalissimamente"),
    ],
)
def test_tidy(said: str, title: str) -> None:
    assert clean_title(said) == title


QUESTION = [Turn(1, "usuario", "Como faço pão de queijo?"), Turn(2, "ia", "Com polvilho.")]


def test_title_is_asked_for_with_question_and_answer() -> None:
    model = FakeModel(["Pão de ", "queijo."])
    assert generate_title(model, QUESTION) == ("Pão de queijo", [])
    (prompt,) = model.prompts
    assert [turn.text for turn in prompt.turns] == ["Como faço pão de queijo?\n\nCom polvilho."]


def test_facts_come_with_the_title_in_one_answer() -> None:
    told = "Eu moro em Natal. Como faço pão?"
    sentences = [Sentence(1, "Eu moro em Natal.", told)]
    model = FakeModel(['{"resposta": "Pão caseiro", "fatos": [{"frase": 1, "texto": "Mora em Natal"}]}'])
    title, facts = generate_title(model, [Turn(1, "usuario", told)], sentences)
    assert (title, [(one.text, one.seq) for one in facts]) == ("Pão caseiro", [("Mora em Natal", 1)])
    (prompt,) = model.prompts
    assert prompt.turns[0].text.endswith("\n> 1. Eu moro em Natal.")


def test_broken_json_is_no_title() -> None:
    sentences = [Sentence(1, "Eu moro em Natal.", "Eu moro em Natal.")]
    assert generate_title(FakeModel(['{"resposta": ']), QUESTION, sentences) == ("Como faço pão de queijo?", [])


@pytest.mark.parametrize("failure", [ModelTimedOut, ModelRateLimited, ModelUnavailable, ModelInterrupted])
def test_temporary_failure_is_retried_later(failure: type[LanguageModelError]) -> None:
    with pytest.raises(RetryLater, match=failure.code):
        generate_title(FakeModel([], failure("test")), QUESTION)


@pytest.mark.parametrize("model", [FakeModel([], ModelBlocked("SAFETY")), FakeModel(["..."]), FakeModel(['""'])])
def test_question_gives_the_title_if_the_model_gives_none(model: FakeModel) -> None:
    assert generate_title(model, QUESTION) == ("Como faço pão de queijo?", [])


@pytest.mark.parametrize(("question", "title"), [("\u202e\u200d", "Conversa"), ("...", "..."), ("x" * 80, "x" * 50)])
def test_question_without_words_still_gives_a_title(question: str, title: str) -> None:
    assert generate_title(FakeModel([], ModelBlocked("SAFETY")), [Turn(1, "usuario", question)]) == (title, [])
