"""Steps with web searches in a page, and replies of the Gemini fake with sources of a test's own."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, Request

from fakes.gemini_web import suggestions

QUESTION = "Como está a inflação?"  # two pages of the fake's web fit it
USED_UP = "UPDATE uso_diario SET buscas = 20 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)"
# Sixteen pieces, if each is a word; the eighth finishes the code.
TEXT = "A ação sobe 🎉 e o cafe\u0301 cai.\n\n```python\nprint('fica')\n```\n\nE isto é tudo o que se sabe hoje."


def switch(page: Page) -> Locator:
    return page.get_by_role("button", name="Buscar na web", exact=True)


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Fontes").get_by_role("link")


def searches_asked(page: Page) -> list[bool | None]:
    """Return a list that grows by the field `buscar` of each request for a reply."""
    asked: list[bool | None] = []

    def note(request: Request) -> None:
        if request.url.endswith(("/chat/stream", "/chat/message")):
            asked.append(json.loads(request.post_data or "{}").get("buscar"))

    page.on("request", note)
    return asked


def grounding(sources: list[tuple[str, str]], words: str = "cafe\u0301 cai") -> dict[str, Any]:
    """Return metadata whose sources are (title, address), and that support these words of TEXT."""
    start = TEXT.encode().index(words.encode())
    return {
        "webSearchQueries": ["café"],
        "groundingChunks": [{"web": {"title": title, "uri": address}} for title, address in sources],
        "groundingSupports": [
            {
                "segment": {"startIndex": start, "endIndex": start + len(words.encode()), "text": words},
                "groundingChunkIndices": list(range(len(sources))),
            }
        ],
        "searchEntryPoint": {"renderedContent": suggestions("café")},
    }


def many(count: int) -> list[tuple[str, str]]:
    return [(f"jornal{number}.example", f"https://redirect.example/{number}") for number in range(1, count + 1)]
