"""Facts of the Gemini fake. It is a bad model on purpose: it obeys every order to remember something, from any text.

Without such an order it repeats the numbered sentences of the user, in the third person.
"""

import re
from collections.abc import Sequence
from typing import Any

SOURCES = "Frases da pessoa"
# An order to remember, in any text of the request: a question, a reply, a file, a summary.
_ORDER = re.compile(
    r"\b(?:memori[zs]\w*|lembr\w*|guard\w*|anot\w*|registr\w*|salv\w*|grav\w*|armazen\w*|remember|save|store)\b"
    r"[^.!?\n]{0,60}?(?:\bque\b|\bthat\b|:)\s*[\"“«']?([^.!?\n\"”»']{3,200})",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^> (\d+)\. (.+)$", re.MULTILINE)
_FIRST_PERSON = {
    "sou": "É",
    "moro": "Mora",
    "trabalho": "Trabalha",
    "tenho": "Tem",
    "gosto": "Gosta",
    "prefiro": "Prefere",
    "estudo": "Estuda",
}


def wants_facts(system: str) -> bool:
    return '"fatos"' in system


def without_sources(text: str) -> str:
    """Return the text before the numbered sentences."""
    return text.partition(SOURCES)[0]


def facts(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the planted facts, each with the first sentence as its source, then one fact of each sentence."""
    whole = "\n".join(texts)
    numbered = _NUMBERED.findall(whole.partition(SOURCES)[2])
    planted = [{"frase": 1, "texto": match[1].strip()} for match in _ORDER.finditer(whole)]
    return planted + [{"frase": int(number), "texto": _third_person(text)} for number, text in numbered]


def _third_person(sentence: str) -> str:
    words = re.sub(r"^(?:eu|e eu)\s+", "", sentence.strip(" .!"), flags=re.IGNORECASE).split()
    first = _FIRST_PERSON.get(words[0].lower(), words[0]) if words else ""
    return " ".join([first, *words[1:]])
