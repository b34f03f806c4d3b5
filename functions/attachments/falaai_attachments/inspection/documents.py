"""PDF documents: pages are counted, and the beginning of the text is read."""

import logging
import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from falaai_attachments.inspection.refusal import Refusal

MAX_PAGES = 300
# Gemini's tokens for one page.
TOKENS_PER_PAGE = 560
EXCERPT_CHARACTERS = 8000
EXCERPT_PAGES = 20
# CPU time for the text of the first pages. Without it the document is attached all the same.
EXCERPT_SECONDS = 3


class _TimeIsUp(Exception):
    """The text takes too long to read."""


def inspect_pdf(source: Path, _folder: Path) -> dict[str, Any]:
    """Return facts about the document, which is stored unchanged. Raises Refusal."""
    logging.disable(logging.CRITICAL)
    try:
        reader = PdfReader(source)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refusal("password")
        pages = len(reader.pages)
    except (DependencyError, FileNotDecryptedError):
        raise Refusal("password") from None
    if not pages:
        raise Refusal("damaged")
    if pages > MAX_PAGES:
        raise Refusal("too_many_pages")
    return {
        "kind": "pdf",
        "media_type": "application/pdf",
        "pages": pages,
        "tokens": pages * TOKENS_PER_PAGE,
        "excerpt": _beginning(reader, min(pages, EXCERPT_PAGES)),
    }


def _beginning(reader: PdfReader, pages: int) -> str:
    """Return the text of the first pages. A page whose text cannot be read in time ends it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TimeIsUp

    text = ""
    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, EXCERPT_SECONDS)
    with suppress(_TimeIsUp, PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        for page in reader.pages[:pages]:
            text += page.extract_text() + "\n"
            if len(text) >= EXCERPT_CHARACTERS:
                break
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return text[:EXCERPT_CHARACTERS]
