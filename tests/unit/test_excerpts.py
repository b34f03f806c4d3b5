"""The excerpt of a message around the words of a search."""

import pytest

from falaai_chat.views import excerpt


@pytest.mark.parametrize(
    ("text", "words", "parts"),
    [
        ("O manjericão precisa de sol", "MANJERICAO", ("O ", "manjericão", " precisa de sol")),
        ("**Café** e pão", "cafe", ("", "Café", " e pão")),
        ("Sem o termo", "xilofone", ("", "", "Sem o termo")),
        ("linha um\nlinha dois", "um linha", ("linha ", "um linha", " dois")),
        ("İstanbul fica longe", "longe", ("İstanbul fica ", "longe", "")),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(text: str, words: str, parts: tuple[str, str, str]) -> None:
    assert excerpt(text, words) == parts


def test_long_texts_are_cut_at_words() -> None:
    before, words, after = excerpt("antes " * 50 + "ALVO " + "depois " * 50, "alvo")
    assert before.startswith("…antes")
    assert words == "ALVO"
    assert after.endswith("depois…")
    assert len(before) + len(words) + len(after) < 140
