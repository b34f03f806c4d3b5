"""What Gemini is sent: persona, running summary, and the turns that fit."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from falaai.conversation_memory import CountTokens, Turn, recent_turns
from falaai.language_model import Prompt

DEFAULT_LANGUAGE = "pt-BR"


@cache
def _persona() -> str:
    return (Path(__file__).parent / "persona.txt").read_text(encoding="utf-8").strip()


def build_prompt(summary: str, turns: Sequence[Turn], limit: int, count: CountTokens, language: str) -> Prompt:
    """The prompt for the last of `turns`, a question; the same rows always make the same prompt."""
    system = _persona().format(language=language)
    if summary:
        system += f"\n\nResumo do que vocês já conversaram:\n{summary}"
    return Prompt(system, recent_turns(turns, limit, count))
