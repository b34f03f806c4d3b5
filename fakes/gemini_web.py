"""The small web that the Gemini fake searches: pages, replies with sources, and the metadata about them.

Places are counted in UTF-8 bytes, and a place at the beginning has no start, as in the real API.
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from fakes.gemini_checks import fields


@dataclass(frozen=True)
class Page:
    """A page of the small web. It is found if the question has one of the `words`, or its address."""

    domain: str
    words: tuple[str, ...]
    sentence: str

    @property
    def redirect(self) -> str:
        """Return an address as the search gives it: not the page's own."""
        return f"https://vertexaisearch.example/grounding-api-redirect/{self.domain}"


PAGES = (
    Page(
        "meteorologia.example",
        ("tempo", "chuva", "previsão"),
        "Amanhã haverá sol ☀️ pela manhã e chuva à tarde em São Paulo.",
    ),
    Page(
        "jornal.example",
        ("notícia", "notícias", "inflação"),
        "A **inflação de março** ficou em 0,3 %, a menor do ano, segundo o órgão de estatística.",
    ),
    Page(
        "economia.example",
        ("inflação", "juros"),
        "Os juros básicos não mudaram: a decisão foi unânime 🏦 e já era esperada.",
    ),
    Page(
        "esporte.example",
        ("jogo", "futebol", "placar"),
        "O jogo de ontem terminou em 2 a 1, com um gol nos acréscimos ⚽.",
    ),
    Page("receitas.example", ("receita", "pão"), "Para o pão de queijo, use `500 g` de polvilho e meia cura."),
)


def searches(body: dict[str, Any]) -> bool:
    """Return whether the model may search."""
    return any("googlesearch" in fields(tool) for tool in body.get("tools") or [])


def grounded(text: str | None, question: str, ungrounded: str) -> tuple[str, dict[str, Any] | None]:
    """Return a reply with sources, and its metadata. Without a page for the question, nothing is searched.

    A fixed `text` is grounded by its first sentence.
    """
    found = find_pages(question)
    if not found:
        return text or ungrounded, None
    if text is None:
        sentences = [page.sentence for page in found]
        text = "\n\n".join(["Achei isto na web:", *(f"- {one}" for one in sentences), "Esta é uma demonstração."])
    else:
        sentences = [re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]] * len(found)
    return text, metadata(text, [(page, one) for page, one in zip(found, sentences, strict=True)], question)


def find_pages(question: str) -> list[Page]:
    """Return the pages that fit a question, or whose address it names."""
    words = set(re.findall(r"[\w-]+", question.lower()))
    return [page for page in PAGES if words & set(page.words) or f"https://{page.domain}" in question]


def metadata(text: str, supported: list[tuple[Page, str]], question: str) -> dict[str, Any]:
    """Return the groundingMetadata of a text whose parts are supported by these pages."""
    pages = list(dict.fromkeys(page for page, _ in supported))
    query = " ".join(question.split()[:8])
    return {
        "webSearchQueries": [query],
        "groundingChunks": [{"web": {"uri": page.redirect, "title": page.domain}} for page in pages],
        "groundingSupports": [
            {"segment": segment(text, part), "groundingChunkIndices": [pages.index(page)]} for page, part in supported
        ],
        "searchEntryPoint": {"renderedContent": suggestions(query)},
    }


def segment(text: str, part: str) -> dict[str, Any]:
    """Return the place of a part of the text, in bytes."""
    start = text.encode().index(part.encode())
    place = {"endIndex": start + len(part.encode()), "text": part}
    return {"startIndex": start, **place} if start else place


def suggestions(query: str) -> str:
    """Return HTML like Google's: styles of its own for both looks, and a link to a search that opens outside."""
    shown = html.escape(query)
    return (
        "<style>.container{display:flex;padding:8px 12px;border-radius:8px;background:#fafafa;"
        "font:14px/20px sans-serif}"
        ".chip{border:1px solid #888;border-radius:16px;padding:5px 16px;color:#5e5e5e;text-decoration:none}"
        "@media(prefers-color-scheme:dark){.container{background:#1f1f1f}.chip{color:#fff}}</style>"
        f'<div class="container"><a class="chip" target="_blank" href="https://search.example/search?q={shown}">'
        f"{shown}</a></div>"
    )
