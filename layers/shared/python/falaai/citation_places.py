"""The places of citations in a Markdown text: behind the last word that a source supports.

The words of a citation are exact; the place of its number is not always right behind them, because a number inside an
address, a link or the beginning of a list item would change the text.
"""

import re
import unicodedata
from collections.abc import Sequence

from falaai.grounding import Citation, Grounding, Source

_WORD = re.compile(r"[^\W_]+")
# Syntax that another character inside it would break. A number is moved to its end. Lengths are limited, so that a
# hostile reply takes no longer than a usual one.
_WHOLE = re.compile(
    r"\]\((?:[^()\s]|\([^()\s]{0,500}\)){0,2000}(?:\s{1,9}\"[^\"\n]{0,500}\")?\)"  # the address of a link
    r"|<[^<>\s]{1,2000}>"  # an address in angle brackets
    r"|&#?\w{1,40};"
    r"|(?P<address>https?://[^\s<>|`]{1,2000})"
    r"|[\w.+-]{1,64}@[\w.-]{0,255}\w"
)
_BEHIND_ADDRESS = "*_~)]}.,;:!?\"'"
# The numbers of list items and the box of a task. A number is moved behind the next word.
_ITEM = re.compile(
    r"^[ \t>]*(?:(?:\d{1,9}[.)]|[-*+])[ \t]+)+(?:\[[xX]\][ \t]+)?(?:(?:[^\w\n]|_)*[^\W_]+|[^\n]*)", re.MULTILINE
)
# Text in which nothing may be written in a text file. A rendered reply has no such places: its parser knows them.
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[^\n]*(?:\n.*?(?:^[ \t>]*\1[`~]*[ \t]*$|\Z)|\Z)", re.MULTILINE | re.DOTALL)
_VERBATIM = re.compile(
    r"(?<!`)(`{1,9})(?!`).{1,1000}?(?<!`)\1(?!`)"  # code
    r"|\$\$.{1,1000}?\$\$|\\\[.{1,1000}?\\\]|\\\(.{1,1000}?\\\)|(?<![\w$])\$[^$\s][^$\n]{0,1000}\$"  # formulas
    r"|\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)",  # links
    re.DOTALL,
)
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|<>~$&]")


def find_places(text: str, citations: Sequence[Citation]) -> list[tuple[int, int]]:
    """Return the place of each citation with its index, in the order of the text."""
    moves = _moves(text, _WHOLE, _ITEM)
    return sorted((_moved(moves, _end_of_word(text, one)), index) for index, one in enumerate(citations))


def with_sources(text: str, grounding: Grounding | None) -> str:
    """Return a Markdown text with the numbers of its sources in brackets, and a list of the sources at its end."""
    if grounding is None or not grounding.sources:
        return text
    fences, verbatim = _moves(text, _FENCE), _moves(text, _VERBATIM)
    ends = {end for _, end in fences}
    found = find_places(text, grounding.citations)
    pieces, last = [], 0
    for place, index in sorted((_moved(fences, _moved(verbatim, place)), index) for place, index in found):
        numbers = "".join(f"[{number}]" for number in grounding.citations[index].sources)
        before = "\n\n" if place in ends and last < place else ""  # behind the fence it would be a part of it
        after = " " if text[place : place + 1] in ("(", "[") else ""  # otherwise it would be a link
        pieces += [text[last:place], before, numbers, after]
        last = place
    listed = "\n".join(f"{number}. {_named(source)}" for number, source in enumerate(grounding.sources, 1))
    return f"{''.join([*pieces, text[last:]]).rstrip()}\n\nFontes:\n\n{listed}"


def _named(source: Source) -> str:
    shown = source.title if source.title == source.domain else f"{source.title} ({source.domain})"
    address = source.address.replace("<", "%3C").replace(">", "%3E")
    # Entities, because a backslash before a bracket would begin a formula.
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", shown) + f": <{address}>"


def _moves(text: str, *patterns: "re.Pattern[str]") -> list[tuple[int, int]]:
    return sorted((found.start(), _end(found)) for pattern in patterns for found in pattern.finditer(text))


def _end(found: "re.Match[str]") -> int:
    """Return the end of the syntax. Punctuation behind an address is no part of it, but a closed bracket is."""
    end = found.end()
    if found.lastgroup == "address":
        opened = found[0].count("(") - found[0].count(")")
        while found.string[end - 1] in _BEHIND_ADDRESS and not (found.string[end - 1] == ")" and opened >= 0):
            opened += found.string[end - 1] == ")"
            end -= 1
    return end


def _moved(moves: Sequence[tuple[int, int]], place: int) -> int:
    """Return the place, or the end of the text that it must not divide."""
    for start, end in moves:
        if start >= place:
            break
        if place < end:
            place = end
    return place


def _end_of_word(text: str, citation: Citation) -> int:
    """Return the place behind the last word of the citation. Without a word, the place behind the nearest one."""
    end = min(citation.end, len(text))
    for place in range(end, citation.start, -1):
        if text[place - 1].isalnum():
            return _behind_accents(text, place)
    if following := _WORD.search(text, end):
        return _behind_accents(text, following.end())
    *_, last = (len(text.rstrip()), *(found.end() for found in _WORD.finditer(text, 0, end)))
    return _behind_accents(text, last)


def _behind_accents(text: str, place: int) -> int:
    """Return the place behind the combining characters that belong to the last one before them."""
    while place < len(text) and unicodedata.combining(text[place]):
        place += 1
    return place
