"""Conversations as Markdown files."""

import re
from collections.abc import Sequence

from falaai.citation_places import with_sources
from falaai.grounding import Grounding

SPEAKERS = {"usuario": "Você", "ia": "FalaAí"}


def title_line(title: str) -> str:
    return f"# {title}\n"


def message_section(
    author: str, text: str, attachments: Sequence[str] = (), grounding: Grounding | None = None
) -> str:
    """Return a message with its author as heading, and an empty line before it.

    The names of its attachments follow. A reply with a search has the numbers of its sources, and their list.
    """
    named = f"\nAnexos: {', '.join(attachments)}\n" if attachments else ""
    return f"\n## {SPEAKERS[author]}\n\n{with_sources(text, grounding)}\n{named}"


def branch_line(seq: int, version: int) -> str:
    """Return the heading of messages that another version has replaced, with an empty line before it."""
    return f"\n---\n\n# Versão {version} da mensagem {seq}, e o que veio depois dela\n"


def file_stem(title: str) -> str:
    """Return a file name from the title, without characters that a file system refuses."""
    return re.sub(r"[^\w -]+", " ", title).strip() or "conversa"
