"""Metadata of grounded replies, as LangChain returns it."""

from typing import Any

from falaai.grounding import Grounding, GroundingMetadata

PAGES = [("exemplo.com.br", "https://redirect.example/1"), ("jornal.example", "https://redirect.example/2")]


def metadata(text: str, *words: str, pages: list[tuple[str, str]] = PAGES) -> dict[str, Any]:
    """Return metadata in which each of these words of the text is supported by the first page."""
    raw = text.encode()
    supports = []
    for one in words:
        start = raw.index(one.encode())
        segment = {"start_index": start, "end_index": start + len(one.encode()), "text": one}
        supports.append({"segment": segment, "grounding_chunk_indices": [0]})
    return {
        "web_search_queries": ["eleições"],
        "grounding_chunks": [{"web": {"title": title, "uri": address}} for title, address in pages],
        "grounding_supports": supports,
        "search_entry_point": {"rendered_content": "<style>a{}</style><a>eleições</a>"},
    }


def grounding(text: str, *chunks: dict[str, Any]) -> Grounding:
    found = GroundingMetadata()
    for chunk in chunks:
        found.add(chunk)
    return found.grounding(text)


def supported(text: str, result: Grounding) -> list[str]:
    return [text[one.start : one.end] for one in result.citations]
