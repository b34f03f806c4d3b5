"""Gives a conversation its title from its first question and answer."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from falaai.batches import retry_until_committed
from falaai.conversation_memory import Turn
from falaai.database import Database, database
from falaai.errors import (
    LanguageModelError,
    ModelInterrupted,
    ModelRateLimited,
    ModelTimedOut,
    ModelUnavailable,
    RetryLater,
)
from falaai.language_model import LanguageModel, Prompt, ask, language_model
from falaai.plain_lines import plain_line
from falaai.queue_messages import TitleRequested
from falaai.repositories import conversations, messages
from falaai.repositories.conversations import TITLE_MAX_CHARACTERS

TITLE_MAX_WORDS = 5
UNNAMED = "Conversa"  # where even the first question has nothing to be seen
TURNS_READ = 2
EXCERPT_CHARACTERS = 1500
ANSWER_SECONDS = 20.0
MAX_TOKENS = 256
# Failures that pass; any other would come again with the same question.
_PASSING = (ModelTimedOut, ModelRateLimited, ModelUnavailable, ModelInterrupted)


def handle(message: TitleRequested, age_seconds: float) -> None:
    """One message of the queue, with the process's own database and model."""
    set_generated_title(database(), language_model(), message, age_seconds)


def set_generated_title(
    database: Database, model: LanguageModel, message: TitleRequested, age_seconds: float
) -> None:
    """A title of at most 5 words and 50 characters, unless the conversation has one. Raises Again."""
    conversation = conversations.find_conversation_of_anyone(database, message.conversation_id)
    if conversation is None:
        retry_until_committed(f"conversation {message.conversation_id}", age_seconds)
        return
    if not conversations.is_untitled(conversation.title, conversation.has_chosen_title):
        return
    turns = messages.list_oldest_turns(database, conversation.id, 0, conversation.last_seq, TURNS_READ)
    if not turns:
        retry_until_committed(f"first message of conversation {conversation.id}", age_seconds)
        return
    title = _title(model, turns)
    conversations.set_generated_title(database, conversation.id, title)


def _title(model: LanguageModel, turns: Sequence[Turn]) -> str:
    """The model's title; the question's own first words if the model will not name it."""
    text = "\n\n".join(turn.text[:EXCERPT_CHARACTERS] for turn in turns)
    try:
        title = clean_title(ask(model, Prompt(_prompt(), (Turn(1, "usuario", text),), MAX_TOKENS), ANSWER_SECONDS))
    except _PASSING as error:
        raise RetryLater(error.code) from error
    except LanguageModelError:
        title = ""
    first = turns[0].text
    return title or clean_title(first) or plain_line(plain_line(first)[:TITLE_MAX_CHARACTERS]) or UNNAMED


def clean_title(said: str) -> str:
    """The first line as a bare title: no label, quotes, Markdown or full stop; whole words within the limits."""
    line = next((line for line in said.strip().splitlines() if line.strip()), "")
    line = re.sub(r"^\W*t[íi]tulo\s*:", "", line, flags=re.IGNORECASE)
    words = plain_line(re.sub(r"[*_`#\"“”«»]", "", line)).split()[:TITLE_MAX_WORDS]
    while words and len(" ".join(words)) > TITLE_MAX_CHARACTERS:
        words.pop()
    return " ".join(words).strip(" .,:;-–—'")


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text(encoding="utf-8").strip()
