"""Conversations as Markdown files."""

import re

SPEAKERS = {"usuario": "Você", "ia": "FalaAí"}


def title_line(title: str) -> str:
    return f"# {title}\n"


def message_section(author: str, text: str) -> str:
    """Return a message with its author as heading, and an empty line before it."""
    return f"\n## {SPEAKERS[author]}\n\n{text}\n"


def file_stem(title: str) -> str:
    """Return a file name from the title, without characters that a file system refuses."""
    return re.sub(r"[^\w -]+", " ", title).strip() or "conversa"
