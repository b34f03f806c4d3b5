"""Numbers of citations in the rendered Markdown and in text files."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falaai.citation_places import with_sources
from falaai.grounding import (
    Citation,
    Grounding,
    Notice,
    Source,
)
from falaai_chat.markdown import to_html
from tests.support.groundings import PAGES, grounding, metadata, supported

SOURCES = tuple(Source(title, title, address) for title, address in PAGES)


NUMBER = re.compile(r'<sup class="citation"><a[^>]*>(\d+)</a></sup>')


MARKDOWN = [
    # text, supported words, the text before the number in the rendered page, or the end tag before it
    ("A **inflação caiu** em março.", "inflação caiu", "caiu"),
    ("A **inflação caiu.** Fim", "A **inflação caiu.**", "caiu"),
    ("Veja `o código` aqui.", "o código", "</code>"),
    ("```python\nprint(1)\n```\n\nFim", "print(1)", "<p>"),
    ("Veja [o site](https://a.example/é) hoje", "o site", "</a>"),
    ("Veja [o site](https://a.example/é) hoje", "https://a.example/é", "</a>"),
    ("Veja https://a.example/é hoje", "a.example", "</a>"),
    ("Veja <https://a.example> hoje", "https://a.example", "</a>"),
    ("Escreva a ana@a.com.br hoje", "ana", "</a>"),
    ("Vale $x^2$ aqui", "x^2", "</math>"),
    ("| a | b |\n|---|---|\n| preço é | 10 |\n", "preço é", "é"),
    ("1. Primeiro item\n2. Segundo", "1", "Primeiro"),
    ("- [x] feito", "x", "feito"),
    ("# Título é este\n\nTexto", "Título é este", "este"),
    ("Tom &amp; Jerry", "Tom &amp", "Tom &amp;"),
    ("Custa R$ 5 ou US$ 10", "Custa R", "R"),
    ("> citação\n> longa", "citação\n> longa", "longa"),
    ("snake_case_é", "snake", "snake"),
]


@pytest.mark.parametrize(("text", "words", "before"), MARKDOWN)
def test_number_follows_the_word_that_it_supports(text: str, words: str, before: str) -> None:
    start = text.index(words)
    result = Grounding(SOURCES, (Citation(start, start + len(words), (1, 2)),))
    html = to_html(text, grounding=result)
    assert NUMBER.findall(html) == ["1", "2"]
    assert html[: NUMBER.search(html).start()].endswith(before)  # type: ignore[union-attr]
    plain = NUMBER.sub("", html).replace("<p></p>\n", "")
    assert plain == to_html(text)
    assert not re.search(r"<(a|code|pre|math)\b[^>]*>(?:(?!</\1>).)*<sup", html, re.DOTALL)


def test_number_is_behind_an_accent_that_is_a_character_of_its_own() -> None:
    text = "O pre\u0301 e o cafe\u0301 caem."
    result = grounding(text, metadata(text, "pre\u0301", "o cafe\u0301"))
    assert NUMBER.sub("[]", to_html(text, grounding=result)) == "<p>O pre\u0301[] e o cafe\u0301[] caem.</p>\n"
    assert with_sources(text, result).startswith("O pre\u0301[1] e o cafe\u0301[1] caem.")


# Pieces of Markdown, and the visible text that the number of a supported piece follows. `{}` is a word of its own.
PIECES = {
    "{}": "{}",
    "**bem {}**": "bem {}",
    "*{}*!": "{}",
    "~~{}~~": "{}",
    "`código {}`": "código {}",
    "[o site {}](https://a.example/é?a=(b))": "o site {}",
    "https://a.example/{}/fim": "https://a.example/{}/fim",
    "**[{}](https://a.example)**,": "{}",
    "\\*{}\\*": "*{}",
    "R$ 10 {}": "R$ 10 {}",
    "👩🏽‍🔬 {} 🎉": "{}",
    "cafe\u0301 pa\u0303o {}": "cafe\u0301 pa\u0303o {}",
    "日本語、{}。": "{}",
    "Tom &amp; {}": "Tom & {}",
}


BLOCKS = (
    "{}",
    "# {}",
    "> {}",
    "- {}",
    "1. um\n2. {}",
    "- [x] {}",
    "| a | b |\n|---|:-:|\n| {} | fim |",
    "- a\n  - {}",
)


UNIQUE = ("açãoA", "éB", "maçãC", "corD", "nãoE")


@given(
    st.lists(st.tuples(st.sampled_from(sorted(PIECES)), st.sampled_from(BLOCKS)), min_size=1, max_size=5), st.data()
)
def test_every_citation_of_a_generated_reply_ends_at_its_word_also_in_the_page(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """From Gemini's metadata in bytes to the visible text of the page."""
    pieces = [piece.format(word) for (piece, _), word in zip(parts, UNIQUE, strict=False)]
    text = "\n\n".join(
        block.format(f"Antes {piece} depois.") for (_, block), piece in zip(parts, pieces, strict=True)
    )
    chosen = data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1))
    found = metadata(text, *(pieces[number] for number in sorted(chosen)))
    if data.draw(st.booleans()):  # wrong bytes, as after a change of the text by a chunk
        for support in found["grounding_supports"]:
            support["segment"]["start_index"] += 2
            support["segment"]["end_index"] += 2
    chunks = [found] * data.draw(st.integers(1, 3))
    result = grounding(text, *chunks)
    assert supported(text, result) == [pieces[number] for number in sorted(chosen)]
    html = to_html(text, grounding=result)
    before = [visible(html[: one.start()]) for one in NUMBER.finditer(html)]
    expected = [PIECES[parts[number][0]].format(UNIQUE[number]) for number in sorted(chosen)]
    assert [one.endswith(end) for one, end in zip(before, expected, strict=True)] == [True] * len(expected)
    assert NUMBER.sub("", html) == to_html(text)


def visible(html: str) -> str:
    """Return the visible text of rendered Markdown, without the numbers of sources."""
    return unescape(re.sub(r"<[^>]+>", "", NUMBER.sub("", html))).rstrip("\n")


VERBATIM = [
    # text, supported words, the block before the number
    ("Antes\n\n```python\nprecoé = 1\n```\n\nDepois", "precoé", "</pre></div>\n<p>"),
    ("Antes\n\n    recuado é\n\nDepois", "recuado", "</pre>\n<p>"),
    ("Antes\n\n$$\nx^2\n$$\n\nDepois", "x^2", "</math></div>\n<p>"),
    ("- um\n\n  ```\n  código é\n  ```\n- dois", "código", "</pre></div>\n<p>"),
    ("Vale \\(a_b\\), sim", "a_b", "</math>"),
]


@pytest.mark.parametrize(("text", "words", "before"), VERBATIM)
def test_citation_inside_code_or_a_formula_is_moved_behind_it(text: str, words: str, before: str) -> None:
    html = to_html(text, grounding=grounding(text, metadata(text, words)))
    number = NUMBER.search(html)
    assert number
    assert html[: number.start()].endswith(before)
    assert not re.search(r"<(a|code|pre|math)\b[^>]*>(?:(?!</\1>).)*<sup", html, re.DOTALL)


FOOTNOTES = [
    # text, supported words, the text with its number
    ("A **inflação caiu** em março.", "inflação caiu", "A **inflação caiu[1]** em março."),
    ("A inflação(março) caiu", "inflação", "A inflação[1] (março) caiu"),
    ("Veja `o código` aqui", "o", "Veja `o código`[1] aqui"),
    ("Veja [o site](https://a.example/é) hoje", "o site", "Veja [o site](https://a.example/é)[1] hoje"),
    ("Veja https://a.example/A_(b), sim", "a.example", "Veja https://a.example/A_(b)[1], sim"),
    ("Vale $x^2$ aqui", "x", "Vale $x^2$[1] aqui"),
    ("```\num é\n```\nFim", "um", "```\num é\n```\n\n[1]\nFim"),
    ("| preço é | 10 |\n|---|---|\n", "preço é", "| preço é[1] | 10 |\n|---|---|"),
    ("1. Primeiro item", "1", "1. Primeiro[1] item"),
]


@pytest.mark.parametrize(("text", "words", "expected"), FOOTNOTES)
def test_text_file_has_numbers_and_a_list_of_sources(text: str, words: str, expected: str) -> None:
    start = text.index(words)
    found = Grounding(SOURCES, (Citation(start, start + len(words), (1,)),))
    listed = "\n".join(f"{number}. {source.domain}: <{source.address}>" for number, source in enumerate(SOURCES, 1))
    assert with_sources(text, found) == f"{expected}\n\nFontes:\n\n{listed}"
    assert with_sources(text, None) == with_sources(text, Grounding(notice=Notice.NO_SEARCH)) == text


def test_hostile_source_is_no_markup_in_a_text_file() -> None:
    source = Source("[clique](javascript:alert(1)) **já** <b>", "a.example", "https://r.example/<script>")
    listed = with_sources("Texto", Grounding((source,))).splitlines()[-1]
    assert to_html(listed).count("<a ") == 1
    assert 'href="https://r.example/%3Cscript%3E"' in to_html(listed)
    assert "[clique](javascript:alert(1)) **já** &lt;b&gt; (a.example)" in to_html(listed)


def test_control_characters_of_a_reply_are_no_numbers() -> None:
    text = "\x80\x80 um \x80\x81"
    html = to_html(text, grounding=Grounding(SOURCES, (Citation(3, 5, (2,)),)))
    assert NUMBER.findall(html) == ["2"]


WORDS = st.sampled_from(
    ["ação", "é", "**forte**", "*leve*", "`x`", "🎉", "preço", "10", "[a](https://a.example)", "R$"]
)


LINES = st.builds(
    lambda prefix, words: prefix + " ".join(words),
    st.sampled_from(["", "", "- ", "1. ", "> ", "## "]),
    st.lists(WORDS, min_size=1, max_size=6),
)


@given(st.lists(LINES, min_size=1, max_size=5), st.data())
def test_numbers_change_nothing_else_in_any_reply(lines: list[str], data: st.DataObject) -> None:
    text = "\n\n".join(lines)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 20))
    chosen = data.draw(st.lists(places, min_size=1, max_size=5, unique=True))
    citations = tuple(Citation(start, min(len(text), start + size), (1,)) for start, size in chosen)
    html = to_html(text, grounding=Grounding(SOURCES, citations))
    assert len(NUMBER.findall(html)) == len(citations)
    assert NUMBER.sub("", html).replace("<p></p>\n", "") == to_html(text)
