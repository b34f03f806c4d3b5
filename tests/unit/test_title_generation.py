"""What the model says becomes a title of at most five words and fifty characters."""

import pytest

from falaai_titles.title_generation import clean_title


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
