"""Facts in the model's answer: asked for only with sentences, and read without trust."""

import json
from typing import Any

import pytest

from falaai.errors import ModelMalformed
from falaai.fact_extraction import MOST_FACTS, numbered, read_answer, request_for
from falaai.fact_rules import Sentence

SENTENCES = [Sentence(1, "Eu moro em Natal.", "Eu moro em Natal."), Sentence(3, "Tenho 2 gatos.", "Tenho 2 gatos.")]


def answer(*facts: Any, text: object = "Título") -> str:
    return json.dumps({"resposta": text, "fatos": [*facts]}, ensure_ascii=False)


def test_facts_are_asked_for_only_with_sentences() -> None:
    assert request_for("Crie um título.", "o título", []) == "Crie um título.\n\nResponda só com o título."
    assert numbered([]) == ""
    with_facts = request_for("Crie um título.", "o título", SENTENCES)
    assert with_facts.startswith("Crie um título.\n\n")
    assert '{"resposta": "o título", "fatos": [{"frase": 1, "texto": "…"}]}' in with_facts
    assert numbered(SENTENCES).endswith(":\n> 1. Eu moro em Natal.\n> 2. Tenho 2 gatos.")


def test_facts_are_read_with_their_sentences() -> None:
    said = answer({"frase": 2, "texto": "Tem 2 gatos"}, {"frase": 1, "texto": "Mora em Natal"})
    text, facts = read_answer(f"```json\n{said}\n```", SENTENCES)
    assert text == "Título"
    assert [(one.text, one.seq) for one in facts] == [("Tem 2 gatos", 3), ("Mora em Natal", 1)]


@pytest.mark.parametrize(
    "fact",
    [
        {"frase": 2, "texto": "Mora em Natal"},  # another sentence says it
        {"frase": 3, "texto": "Mora em Natal"},
        {"frase": 0, "texto": "Mora em Natal"},
        {"frase": "1", "texto": "Mora em Natal"},
        {"frase": 1, "texto": ["Mora em Natal"]},
        {"texto": "Mora em Natal"},
        "Mora em Natal",
        None,
    ],
)
def test_fact_without_a_sentence_that_says_it_is_dropped(fact: Any) -> None:
    assert read_answer(answer(fact), SENTENCES) == ("Título", [])


def test_repeated_and_too_many_facts_are_dropped() -> None:
    many = [Sentence(seq, f"Tenho {seq} gatos.", "") for seq in range(1, 9)]
    facts = [{"frase": seq, "texto": f"Tem {seq} gatos"} for seq in (1, 1, 2, 3, 4, 5, 6, 7)]
    assert [one.seq for one in read_answer(answer(*facts), many)[1]] == [1, 2, 3, 4, 5]
    assert MOST_FACTS == 5


def test_answer_without_json_is_the_answer() -> None:
    assert read_answer("Pão de queijo", SENTENCES) == ("Pão de queijo", [])
    assert read_answer('{"resposta": "x"}', []) == ('{"resposta": "x"}', [])
    assert read_answer('{"resposta": "x", "fatos": {}}', SENTENCES) == ("x", [])


@pytest.mark.parametrize("said", ["{", '{"fatos": []}', '{"resposta": 1}', "```\nnada\n```", "{]}"])
def test_broken_json_is_malformed(said: str) -> None:
    with pytest.raises(ModelMalformed):
        read_answer(said, SENTENCES)
