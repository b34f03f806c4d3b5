"""Replies, titles and summaries of the Gemini fake."""

import pytest

from fakes.gemini_answers import LONGEST_SUMMARY, Turn, answer

CHAT = "Você é a Fala, uma assistente gentil. Use títulos e listas quando ajudarem.\n\nResumo da conversa até aqui:\n"


def ask(*texts, system=CHAT):
    roles = ("user", "model")
    return answer([Turn(roles[number % 2], text) for number, text in enumerate(texts)], system)


def test_one_turn_is_singular():
    assert "Recebi 1 mensagem neste pedido." in ask("Oi")


def test_name_from_an_earlier_turn_is_remembered():
    assert "seu nome é Ana Paula." in ask("Oi, meu nome é Ana Paula, tudo bem?", "Tudo.", "Qual é o meu nome?")
    assert "seu nome é Rui." in ask("Me chamo Rui.", "Oi.", "Você sabe qual é meu nome?")
    assert "não me disse" in ask("Oi", "Olá", "Qual é o meu nome?")


def test_a_name_in_the_summary_is_remembered():
    assert "seu nome é Ana." in ask("Qual é o meu nome?", system=f"{CHAT}Meu nome é Ana.")


def test_other_facts_are_remembered_too():
    said = ask("Minha cor favorita é verde.", "Certo.", "Qual é a minha cor favorita?")
    assert "sua cor favorita é verde." in said


@pytest.mark.parametrize(
    ("word", "markdown"),
    [("lista", "1. "), ("tabela", "|---|"), ("código", "```python"), ("Python", "```python")],
)
def test_markdown_on_demand(word, markdown):
    assert markdown in ask(f"Quero ver: {word}")
    assert markdown not in ask("Quero ver nada disso")


def test_the_same_question_has_the_same_answer():
    assert ask("Oi") == ask("Oi")


@pytest.mark.parametrize(
    "system",
    [
        "Você dá títulos a conversas. Responda só com o título.",
        "Crie um título curto, de no máximo cinco palavras, para a conversa.",
    ],
)
def test_a_title_is_five_significant_words_at_most(system):
    title = ask("Quais são as melhores praias do Nordeste para visitar em família?", system=system)
    assert title == "Melhores praias Nordeste visitar família"
    assert ask("Texto:\nUsuário: receita de bolo\nAssistente: claro", system=system) == "Receita bolo"
    assert ask("e aí?", system=system)


@pytest.mark.parametrize(
    "system",
    ["Resuma a conversa abaixo.", "Você mantém a memória. Atualize o resumo da conversa.", "Você resume."],
)
def test_a_summary_keeps_the_facts_with_the_earlier_one_first(system):
    text = (
        "Resumo anterior:\nMeu nome é Ana. Moro em Recife.\n\nNovas mensagens:\n"
        "Usuário: Gosto de forró. Qual é a boa?\n"
        "Assistente: Esta é uma resposta de demonstração: algo. Recebi 3 mensagens neste pedido."
    )
    assert ask(text, system=system) == "Meu nome é Ana. Moro em Recife. Gosto de forró. Qual é a boa?"


def test_a_summary_is_bounded_and_personal_facts_survive():
    lines = ["Usuário: Meu nome é Ana."] + [f"Assistente: Fato de número {n} sobre o mundo." for n in range(200)]
    said = ask("\n".join(lines), system="Resuma.")
    assert len(said) <= LONGEST_SUMMARY
    assert said.startswith("Meu nome é Ana.")


def test_a_chat_whose_instructions_hold_a_summary_is_still_a_chat():
    assert ask("Oi").startswith("Esta é uma resposta de demonstração")
