"""Sources of a reply that Gemini grounded by a web search, and the places in its text that they support.

The text of such a reply, and its search, are kept for KEPT_MONTHS: Google's terms allow two years in the history of a
chat.

Gemini counts places in UTF-8 bytes, so every accent before a place shifts it. Here places are code points of the
stored text. Each place is checked against the words that Gemini quotes, because replies with accents, several chunks
or trimmed text have wrong places; a place that cannot be found is left out, never guessed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

# A month less than the terms allow, so that a cleanup that fails for some days does no harm.
KEPT_MONTHS = 23

# Limits of hostile or broken metadata.
MOST_SOURCES = 50
MOST_CITATIONS = 200
MOST_QUERIES = 10
MOST_SOURCES_OF_A_CITATION = 8
# Characters of all links of the citations in a page. Each number repeats the address of its source.
LINKS_MAX_CHARACTERS = 200_000
_LINK_CHARACTERS = 200  # of the tags and the title around an address
ADDRESS_MAX_CHARACTERS = 2000
TITLE_MAX_CHARACTERS = 200
# Google's suggestions are HTML of some 3,000 characters. A larger one is left out: it must not be changed.
SUGGESTIONS_MAX_CHARACTERS = 60_000


@dataclass(frozen=True)
class Source:
    """One page. `domain` is shown; `address` is Google's redirect to the page."""

    title: str
    domain: str
    address: str


@dataclass(frozen=True)
class Citation:
    """The code points from `start` to before `end` of the text, and the numbers of their sources, from 1 on."""

    start: int
    end: int
    sources: tuple[int, ...]


class Notice(StrEnum):
    """The reason why a reply that was asked to search has no sources."""

    UNAVAILABLE = "search_unavailable"
    NO_SEARCH = "no_search"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Grounding:
    """The search of a reply: everything that the reply is shown with.

    `suggestions` is Google's HTML with searches, which must be shown unaltered, or "". It is not read with the reply;
    `has_suggestions` tells whether it is stored.
    """

    sources: tuple[Source, ...] = ()
    citations: tuple[Citation, ...] = ()
    queries: tuple[str, ...] = ()
    suggestions: str = ""
    has_suggestions: bool = False
    notice: Notice | None = None

    def shape(self) -> dict[str, Any]:
        """Return {fontes, citacoes, consultas, sugestoes, aviso}, the form in JSON and in the database."""
        return {
            "fontes": [{"titulo": one.title, "dominio": one.domain, "url": one.address} for one in self.sources],
            "citacoes": [
                {"inicio": one.start, "fim": one.end, "fontes": list(one.sources)} for one in self.citations
            ],
            "consultas": list(self.queries),
            "sugestoes": self.has_suggestions,
            "aviso": self.notice,
        }

    @property
    def size(self) -> int:
        """The characters that the search adds to a reply in an answer, with the links of its citations."""
        return len(self.stored()) + sum(_links_size(one, self.sources) for one in self.citations)

    def stored(self) -> str:
        """Return the JSON for the database."""
        return json.dumps(self.shape(), ensure_ascii=False, separators=(",", ":"))


def read_stored(stored: str) -> Grounding:
    """Read the JSON that `Grounding.stored` has written."""
    shape = json.loads(stored)
    return Grounding(
        tuple(Source(one["titulo"], one["dominio"], one["url"]) for one in shape["fontes"]),
        tuple(Citation(one["inicio"], one["fim"], tuple(one["fontes"])) for one in shape["citacoes"]),
        tuple(shape["consultas"]),
        has_suggestions=shape["sugestoes"],
        notice=Notice(shape["aviso"]) if shape["aviso"] else None,
    )


@dataclass
class GroundingMetadata:
    """The metadata of all chunks of one reply, without doubles."""

    pages: list[tuple[str, str]] = field(default_factory=list)
    supports: list[tuple[int | None, int | None, str, tuple[tuple[str, str], ...]]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    suggestions: str = ""

    def add(self, metadata: Mapping[str, Any]) -> None:
        """Add the metadata of one chunk, in snake_case as LangChain has it. Malformed parts are left out."""
        pages = [_page(one) for one in _dicts(metadata.get("grounding_chunks"))]
        _extend(self.pages, (page for page in pages if page))
        _extend(self.supports, _supports(_dicts(metadata.get("grounding_supports")), pages))
        queries = metadata.get("web_search_queries")
        _extend(self.queries, (one for one in queries if isinstance(one, str)) if isinstance(queries, list) else ())
        entry = metadata.get("search_entry_point")
        rendered = entry.get("rendered_content") if isinstance(entry, Mapping) else None
        if isinstance(rendered, str) and rendered:
            self.suggestions = _once(rendered)

    def grounding(self, text: str) -> Grounding:
        """Return the sources and citations for the text as it is stored, or the notice that no search was made."""
        sources = self.pages[:MOST_SOURCES]
        if not sources and not self.queries and not self.suggestions:
            return Grounding(notice=Notice.NO_SEARCH)
        numbers = {page: number for number, page in enumerate(sources, 1)}
        citations: dict[tuple[int, int], list[int]] = {}
        for start, end, words, pages in self.supports:
            cited = [numbers[page] for page in pages if page in numbers]
            place = find_place(text, start, end, words) if cited else None
            if place:
                _extend(citations.setdefault(place, []), cited)
        ordered = [
            Citation(*place, tuple(sorted(cited)[:MOST_SOURCES_OF_A_CITATION])) for place, cited in citations.items()
        ]
        ordered.sort(key=lambda one: (one.end, one.start))
        shown = tuple(_source(*page) for page in sources)
        suggestions = self.suggestions if len(self.suggestions) <= SUGGESTIONS_MAX_CHARACTERS else ""
        return Grounding(
            shown,
            tuple(_within(LINKS_MAX_CHARACTERS, ordered[:MOST_CITATIONS], shown)),
            tuple(query[:TITLE_MAX_CHARACTERS] for query in self.queries[:MOST_QUERIES]),
            suggestions,
            has_suggestions=bool(suggestions),
        )


def find_place(text: str, start: int | None, end: int | None, words: str) -> tuple[int, int] | None:
    """Return the code points of the supported words, or None if they are not in the text.

    `start` and `end` are UTF-8 bytes; a missing start is 0. `words` are quoted from the text. If they are elsewhere,
    the place that is nearest to `start` wins.
    """
    if words:
        expected = _code_point(text, start or 0)
        found = _nearest(text, words, expected)
        return None if found is None else (found, found + len(words))
    if end is None:
        return None
    raw = text.encode()
    first = start or 0
    if not 0 <= first < end <= len(raw):
        return None
    place = (_code_point(text, first), _code_point(text, end))
    # A place in the middle of a character is wrong.
    exact = text[: place[0]].encode() == raw[:first] and text[: place[1]].encode() == raw[:end]
    return place if exact else None


def _links_size(citation: Citation, sources: Sequence[Source]) -> int:
    return sum(len(sources[number - 1].address) + _LINK_CHARACTERS for number in citation.sources)


def _within(characters: int, citations: Iterable[Citation], sources: Sequence[Source]) -> Iterator[Citation]:
    """Yield the first citations whose links together have at most so many characters."""
    for one in citations:
        characters -= _links_size(one, sources)
        if characters < 0:
            return
        yield one


def _code_point(text: str, byte: int) -> int:
    """Return the number of whole characters in the first `byte` bytes of the text."""
    return len(text.encode()[: max(0, byte)].decode(errors="ignore"))


def _nearest(text: str, words: str, expected: int) -> int | None:
    before = text.rfind(words, 0, expected + len(words))
    after = text.find(words, expected)
    found = [place for place in (before, after) if place >= 0]
    return min(found, key=lambda place: abs(place - expected), default=None)


def _supports(
    found: Iterable[Mapping[str, Any]], pages: Sequence[tuple[str, str] | None]
) -> Iterator[tuple[int | None, int | None, str, tuple[tuple[str, str], ...]]]:
    for one in found:
        segment = one.get("segment")
        indexes = one.get("grounding_chunk_indices")
        if not isinstance(segment, Mapping) or not isinstance(indexes, list):
            continue
        cited = (pages[i] for i in indexes if isinstance(i, int) and 0 <= i < len(pages))
        words = segment.get("text")
        place = (_whole(segment.get("start_index")), _whole(segment.get("end_index")))
        yield (*place, words if isinstance(words, str) else "", tuple(page for page in cited if page))


def _page(chunk: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return title and address of a page. Returns None without an address that may be a link."""
    web = chunk.get("web")
    if not isinstance(web, Mapping):
        return None
    title, address = web.get("title"), web.get("uri")
    if not isinstance(address, str) or not _is_link(address):
        return None
    return (title if isinstance(title, str) else ""), address


def _is_link(address: str) -> bool:
    if len(address) > ADDRESS_MAX_CHARACTERS or any(character.isspace() for character in address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _source(title: str, address: str) -> Source:
    shown = visible(title)[:TITLE_MAX_CHARACTERS]
    host = urlsplit(address).hostname or ""
    # The address is Google's redirect, and the title is then the domain of the page.
    domain = shown if _is_domain(shown) else host
    return Source(shown or domain, domain.removeprefix("www."), address)


def _is_domain(title: str) -> bool:
    return "." in title and title.isascii() and all(part.replace("-", "").isalnum() for part in title.split("."))


def visible(text: str) -> str:
    """Return the text on one line, without characters that are invisible or change the direction of writing."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _once(text: str) -> str:
    """Return the first half of a text that is the same half twice: merged chunks double it."""
    half = len(text) // 2
    return text[:half] if half and text[:half] == text[half:] else text


def _extend(known: list[Any], more: Iterable[Any]) -> None:
    """Append those that are not in the list yet, in their order."""
    seen = set(known)
    for one in more:
        if one not in seen:
            seen.add(one)
            known.append(one)


def _dicts(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _whole(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None
