"""Numbers of sources in a reply: marks in its Markdown that become small links in its HTML.

A mark is two control characters behind the last word that a citation supports. For emphasis the parser takes them for
a part of the word, and an address ends at them, so they change no other syntax. Inside code, formulas and links the
number is moved behind them.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from falaai.citation_places import find_places
from falaai.grounding import Citation, Source

# Digits of the number of a citation, in marks: the control characters that are neither ASCII nor a line end.
_DIGITS = "".join(chr(code) for code in range(0x80, 0xA0) if code != 0x85)
_MARKS = re.compile(f"([{_DIGITS}])([{_DIGITS}])")


def marked(text: str, citations: Sequence[Citation]) -> str:
    """Return the text with a mark for each citation. Control characters that the text itself has are replaced."""
    text = re.sub(f"[{_DIGITS}]", "\N{REPLACEMENT CHARACTER}", text)
    pieces, last = [], 0
    for place, number in find_places(text, citations):
        pieces += [text[last:place], _DIGITS[number // len(_DIGITS)] + _DIGITS[number % len(_DIGITS)]]
        last = place
    return "".join([*pieces, text[last:]])


def is_mark(character: str) -> bool:
    """Return whether a character may belong to a mark."""
    return character in _DIGITS


def _number(found: "re.Match[str]") -> int:
    return _DIGITS.index(found[1]) * len(_DIGITS) + _DIGITS.index(found[2])


def add_citations(renderer: Any) -> None:
    """Add the rules for marks to a MarkdownIt object. `citations` and `sources` of `env` are those of the text."""
    # Before linkify, so that a mark ends an address.
    renderer.core.ruler.before("linkify", "citations", _extract)
    renderer.core.ruler.push("citations_behind_links", _move_behind_links)
    renderer.renderer.rules["citation"] = _render


def _extract(state: Any) -> None:
    """Replace the marks in all tokens by tokens of their own."""
    if not state.env.get("citations"):
        return
    tokens: list[Any] = []
    for token in state.tokens:
        if token.type == "inline":
            token.children = [part for child in token.children or [] for part in _parts(child)]
            token.content = _MARKS.sub("", token.content)
            tokens.append(token)
            continue
        numbers = [*_taken(token)]
        tokens.append(token)
        tokens += _paragraph(token, numbers) if numbers else []
    state.tokens = tokens


def _parts(token: Any) -> Iterator[Any]:
    """Yield the token without marks, and a token for each mark. Text is split at its marks."""
    if token.type != "text":
        numbers = [*_taken(token)]
        yield token
        yield from map(_citation, numbers)
        return
    last = 0
    for found in _MARKS.finditer(token.content):
        if before := token.content[last : found.start()]:
            yield _text(before, token.level)
        yield _citation(_number(found))
        last = found.end()
    if last == 0:
        yield token
    elif rest := token.content[last:]:
        yield _text(rest, token.level)


def _taken(token: Any) -> Iterator[int]:
    """Take the marks out of the content of code and formulas, of the language of code, and of a link's title."""
    for name in ("content", "info"):
        yield from map(_number, _MARKS.finditer(getattr(token, name)))
        setattr(token, name, _MARKS.sub("", getattr(token, name)))
    for name, value in token.attrs.items():
        if isinstance(value, str) and _MARKS.search(value):
            yield from map(_number, _MARKS.finditer(value))
            token.attrs[name] = _MARKS.sub("", value)


def _move_behind_links(state: Any) -> None:
    for token in state.tokens:
        if token.type != "inline" or not any(child.type == "citation" for child in token.children or []):
            continue
        moved: list[Any] = []
        waiting: list[Any] = []
        depth = 0
        for child in token.children:
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type == "citation" and depth:
                waiting.append(child)
                continue
            moved.append(child)
            if not depth:
                moved += waiting
                waiting = []
        token.children = moved + waiting


def _token(kind: str, tag: str, nesting: int) -> Any:
    from markdown_it.token import Token  # imported late: an empty page needs no Markdown

    return Token(kind, tag, nesting)  # type: ignore[arg-type]


def _text(content: str, level: int) -> Any:
    token = _token("text", "", 0)
    token.content, token.level = content, level
    return token


def _citation(number: int) -> Any:
    token = _token("citation", "sup", 0)
    token.meta = {"number": number}
    return token


def _paragraph(block: Any, numbers: Sequence[int]) -> list[Any]:
    """Return a paragraph with the citations of a block of code or a formula."""
    opened, inline, closed = (
        _token("paragraph_open", "p", 1),
        _token("inline", "", 0),
        _token("paragraph_close", "p", -1),
    )
    for token in (opened, inline, closed):
        token.block = True
        token.level = block.level
    inline.children = [_citation(number) for number in numbers]
    return [opened, inline, closed]


def _render(tokens: Any, index: int, _options: Any, env: Any) -> str:
    citations: Sequence[Citation] = env["citations"]
    sources: Sequence[Source] = env["sources"]
    number = tokens[index].meta["number"]
    if number >= len(citations):
        return ""
    return "".join(_link(cited, sources[cited - 1]) for cited in citations[number].sources if cited <= len(sources))


def _link(number: int, source: Source) -> str:
    title = escape(f"{source.title} ({source.domain})" if source.title != source.domain else source.domain)
    return f'<sup class="citation"><a href="{escape(source.address)}" title="{title}">{number}</a></sup>'
