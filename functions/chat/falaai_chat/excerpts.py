"""The part of a message that contains the words of a search."""

import re
import unicodedata

BEFORE = 30  # characters shown before the words
AFTER = 90  # characters shown after their beginning

_MARKERS = re.compile(r"[*`#|>]+")


def excerpt(text: str, words: str) -> tuple[str, str, str]:
    """Return the text before, at and after the first place that equals `words`, whatever the case and accents.

    Without such a place, the beginning of the text comes as the third part.
    """
    plain = " ".join(_MARKERS.sub(" ", text).split())
    sought = " ".join(words.split())
    at = _folded(plain).find(_folded(sought))
    if at < 0:
        return "", "", _cut(plain)
    start = max(0, at - BEFORE)
    if start:
        start = plain.find(" ", start, at) + 1 or start
    before = ("…" if start else "") + plain[start:at]
    end = at + len(sought)
    return before, plain[at:end], _cut(plain[end:])


def _cut(text: str) -> str:
    return text if len(text) <= AFTER else text[:AFTER].rsplit(" ", 1)[0] + "…"


def _folded(text: str) -> str:
    """Return the text without case and accents, in as many characters."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[:1] for character in text)
