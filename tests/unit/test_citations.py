"""Citations of grounded replies: their places in code points."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falaai.grounding import (
    ADDRESS_MAX_CHARACTERS,
    Citation,
    Grounding,
    GroundingMetadata,
    Notice,
    find_place,
    read_stored,
)
from falaai_chat.markdown import to_html
from tests.support.groundings import grounding, metadata, supported

CORPUS = [
    ("A eleição será em outubro.", "A eleição será em outubro"),
    ("Olá 👋🏽, a inflação caiu 0,3 % em março 🎉. Fim.", "a inflação caiu 0,3 % em março"),
    ("Cafe\u0301 e pa\u0303o subiram.", "Cafe\u0301 e pa\u0303o"),
    ("日本語のテスト: preço é 10.", "preço é 10"),
    ("ação ação ação", "ação ação"),
    ("**Negrito é isto**, e mais.", "Negrito é isto"),
]


@pytest.mark.parametrize(("text", "words"), CORPUS)
def test_places_are_code_points_of_the_supported_words(text: str, words: str) -> None:
    assert supported(text, grounding(text, metadata(text, words))) == [words]


def test_metadata_in_two_chunks_and_doubled_in_one_is_the_same() -> None:
    text = "É verão no Brasil. É inverno na França."
    once = metadata(text, "É verão no Brasil", "É inverno na França")
    doubled = {
        **once,
        **{key: once[key] * 2 for key in ("grounding_chunks", "grounding_supports", "web_search_queries")},
    }
    doubled["search_entry_point"] = {"rendered_content": once["search_entry_point"]["rendered_content"] * 2}
    expected = grounding(text, once)
    assert (len(expected.sources), len(expected.citations)) == (2, 2)
    assert grounding(text, once, once) == expected
    assert grounding(text, doubled) == expected


def test_two_chunks_with_different_pages_keep_their_own_numbers() -> None:
    text = "Um. Dois."
    second = metadata(text, "Dois", pages=[("terceiro.example", "https://redirect.example/3")])
    result = grounding(text, metadata(text, "Um"), second)
    assert [one.sources for one in result.citations] == [(1,), (3,)]


def test_reply_without_metadata_is_not_grounded() -> None:
    assert GroundingMetadata().grounding("Texto") == Grounding(notice=Notice.NO_SEARCH)
    empty = GroundingMetadata()
    empty.add({"grounding_chunks": None, "grounding_supports": "x", "web_search_queries": 3})
    assert empty.grounding("Texto") == Grounding(notice=Notice.NO_SEARCH)


def test_wrong_bytes_are_corrected_by_the_words_and_unknown_words_are_left_out() -> None:
    text = "Ontem choveu. Hoje não choveu."
    wrong = metadata(text, "choveu")
    segment = wrong["grounding_supports"][0]["segment"]
    segment |= {"start_index": 24, "end_index": 30}
    assert grounding(text, wrong).citations == (Citation(23, 29, (1,)),)  # the nearest of the two
    segment["text"] = "nevou"
    assert grounding(text, wrong).citations == ()


@pytest.mark.parametrize(("start", "end"), [(0, 999), (5, 3), (-1, 4), (2, 4), (3, None)])
def test_places_without_words_beyond_the_end_or_inside_a_character_are_left_out(start: int, end: int | None) -> None:
    assert find_place("ação", start, end, "") is None


def test_missing_start_is_the_beginning() -> None:
    assert find_place("ação!", None, 6, "") == (0, 4)


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "https://a b", "vbscript:x"),
        *("https://user@evil.example/", "https://[", "https://a.example/" + "x" * ADDRESS_MAX_CHARACTERS),
    ],
)
def test_hostile_address_is_no_source(address: str) -> None:
    text = "Frase."
    result = grounding(text, metadata(text, "Frase", pages=[("x", address)]))
    assert (result.sources, result.citations) == ((), ())


def test_hostile_title_is_one_short_visible_line() -> None:
    title = "\u202eevil\u200b\n<script>alert(1)</script>" + "x" * 10_000
    text = "Frase."
    result = grounding(text, metadata(text, "Frase", pages=[(title, "https://news.example/x")]))
    assert result.sources[0].title.startswith("evil <script>alert(1)</script>xxx")
    assert len(result.sources[0].title) == 200
    assert result.sources[0].domain == "news.example"
    html = to_html(text, grounding=result)
    assert "<script" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize(
    "changed",
    [
        {"start_index": 10_000, "end_index": 10_009, "text": ""},
        {"start_index": 9, "end_index": 3, "text": ""},
        {"start_index": 0, "end_index": 5, "text": "outras palavras"},
        {"start_index": "0", "end_index": None, "text": None},
        {"start_index": 0, "end_index": True, "text": ""},
        {"start_index": 1, "end_index": 2, "text": ""},  # in the middle of the first character
    ],
)
def test_contradictory_place_is_left_out_and_the_source_stays(changed: dict[str, Any]) -> None:
    text = "É verão no Brasil."
    found = metadata(text, "verão")
    found["grounding_supports"][0]["segment"] = changed
    result = grounding(text, found)
    assert (result.citations, len(result.sources)) == ((), 2)


@pytest.mark.parametrize("indices", [[2], [-1], ["0"], None, [0, 0, 7]])
def test_support_by_an_unknown_source_is_left_out(indices: Any) -> None:
    text = "É verão no Brasil."
    found = metadata(text, "verão")
    found["grounding_supports"][0]["grounding_chunk_indices"] = indices
    assert [one.sources for one in grounding(text, found).citations] == ([(1,)] if indices == [0, 0, 7] else [])


def test_search_is_read_back_as_it_was_stored() -> None:
    text = "É verão no Brasil 🎉."
    for found in (
        grounding(text, metadata(text, "verão")),
        Grounding(notice=Notice.EXPIRED),
        Grounding(notice=Notice.NO_SEARCH),
    ):
        assert read_stored(found.stored()) == replace(found, suggestions="")


@given(st.text(min_size=1, max_size=60), st.data())
def test_every_place_comes_back_in_any_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = len(text[:start].encode(errors="replace")), len(text[:end].encode(errors="replace"))
    assert find_place(text, first, last, "") == (start, end)
