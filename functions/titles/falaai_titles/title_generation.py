"""Generating a title, and facts that the user told, from the first question and answer of a conversation."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from falaai.conversation_memory import GROUNDED, Turn
from falaai.errors import (
    LanguageModelError,
    ModelInterrupted,
    ModelRateLimited,
    ModelTimedOut,
    ModelUnavailable,
    RetryLater,
)
from falaai.fact_extraction import FACTS_TOKENS, numbered, read_answer, request_for
from falaai.fact_rules import NewFact, Sentence
from falaai.language_model import LanguageModel, Prompt, ask
from falaai.plain_lines import plain_line
from falaai.repositories.conversations import TITLE_MAX_CHARACTERS

TITLE_MAX_WORDS = 5
UNNAMED = "Conversa"  # the title if even the first question has no visible character
EXCERPT_CHARACTERS = 1500
ANSWER_SECONDS = 20.0
MAX_TOKENS = 256
# Temporary failures, for which a retry makes sense. Any other failure would repeat for the same question.
_TEMPORARY = (ModelTimedOut, ModelRateLimited, ModelUnavailable, ModelInterrupted)


def generate_title(
    model: LanguageModel, turns: Sequence[Turn], sentences: Sequence[Sentence] = ()
) -> tuple[str, list[NewFact]]:
    """Return the model's title, or the first words of the question if the model gives none; and facts.

    The facts come from the sentences. Raises RetryLater if the model may answer later.
    """
    # Google's terms allow no other use of a grounded text.
    excerpts = (GROUNDED if turn.is_grounded else turn.text[:EXCERPT_CHARACTERS] for turn in turns)
    text = "\n\n".join(excerpts) + numbered(sentences)
    system = request_for(_prompt(), "o título", sentences)
    prompt = Prompt(system, (Turn(1, "usuario", text),), MAX_TOKENS + (FACTS_TOKENS if sentences else 0))
    try:
        answer, facts = read_answer(ask(model, prompt, ANSWER_SECONDS), sentences)
    except _TEMPORARY as error:
        raise RetryLater(error.code) from error
    except LanguageModelError:
        answer, facts = "", []
    first = turns[0].text
    title = clean_title(answer) or clean_title(first)
    return title or plain_line(plain_line(first)[:TITLE_MAX_CHARACTERS]) or UNNAMED, facts


def clean_title(text: str) -> str:
    """Return the first line without label, quotes, Markdown or full stop, in whole words within the limits."""
    line = next((line for line in text.strip().splitlines() if line.strip()), "")
    line = re.sub(r"^\W*t[íi]tulo\s*:", "", line, flags=re.IGNORECASE)
    words = plain_line(re.sub(r"[*_`#\"“”«»]", "", line)).split()[:TITLE_MAX_WORDS]
    while words and len(" ".join(words)) > TITLE_MAX_CHARACTERS:
        words.pop()
    return " ".join(words).strip(" .,:;-–—'")


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text(encoding="utf-8").strip()
