"""The cost of a web search around Gemini's own time: its first piece, and the numbers of sources in a reply.

The first piece is measured as in `first_piece`. A reply of 50 paragraphs is rendered without and with 50 citations,
in turn, in this process; its times are those of the processor.
"""

import time

from bench.built_stack import BuiltStack
from bench.first_piece import measure
from bench.warm import MAX_FIRST_PIECE_MS, p50, p99
from falaai.grounding import Citation, Grounding, Source
from falaai_chat.markdown import to_html

CITATIONS = 50
RENDERINGS = 60
MAX_CITATIONS_MS = 5
_PARAGRAPH = "A **inflação de março** ficou em 0,3 %, a menor do ano, segundo o órgão de estatística; leia `{}`."


def rendering_time(grounding: Grounding | None, text: str) -> float:
    began = time.thread_time()
    to_html(text, grounding=grounding)
    return (time.thread_time() - began) * 1000


def render() -> tuple[list[float], list[float]]:
    """Return milliseconds of the processor for rendering a reply with its citations, and without them."""
    paragraphs = [_PARAGRAPH.format(number) for number in range(CITATIONS)]
    text = "\n\n".join(paragraphs)
    starts = [text.index(paragraph) for paragraph in paragraphs]
    cited = tuple(Citation(start, start + 30, (1, 2)) for start in starts)
    sources = tuple(
        Source(f"{name}.example", f"{name}.example", f"https://{name}.example/x") for name in ("um", "dois")
    )
    grounding = Grounding(sources, cited)
    with_citations, without = list[float](), list[float]()
    for _ in range(RENDERINGS):
        without.append(rendering_time(None, text))
        with_citations.append(rendering_time(grounding, text))
    return with_citations, without


def table(stack: BuiltStack) -> str:
    searching, bare = measure(stack, "E as notícias?", buscar=True)
    cited, plain = render()
    added = p50(cited) - p50(plain)
    return "\n".join(
        [
            "| first piece with a search, after Gemini's | p50 ms | wanted | p99 ms |",
            "|---|---|---|---|",
            f"| at our reader | {p50(searching):.1f} | ≤ {MAX_FIRST_PIECE_MS} | {p99(searching):.1f} |",
            f"| at a bare client of Gemini | {p50(bare):.1f} | | {p99(bare):.1f} |",
            "",
            f"| rendering a reply of {CITATIONS} paragraphs | p50 ms | wanted |",
            "|---|---|---|",
            f"| without citations | {p50(plain):.1f} | |",
            f"| with {CITATIONS} citations | {p50(cited):.1f} | |",
            f"| added by the citations | {added:.1f} | ≤ {MAX_CITATIONS_MS} |",
        ]
    )
