"""Folds the oldest turns of a long conversation into its summary."""

from functools import cache
from pathlib import Path

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.conversation_memory import (
    SUMMARY_MAX_CHARACTERS,
    SummaryPlan,
    Turn,
    plan_summary,
    quoted,
    quoted_turns,
    turns_limit,
)
from falaai.database import Database, database
from falaai.errors import LanguageModelError, RetryLater
from falaai.language_model import LanguageModel, Prompt, ask, count_tokens, language_model
from falaai.logs import logger
from falaai.queue_messages import SummaryRequested
from falaai.repositories import conversations, messages
from falaai.repositories.conversations import Conversation

TURNS_READ = 400
ANSWER_SECONDS = 40.0
MAX_TOKENS = 1024


def handle(message: SummaryRequested, age_seconds: float) -> None:
    """One message of the queue, with the process's own database and model."""
    limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
    summarize(database(), language_model(), message, limit, age_seconds)


def summarize(
    database: Database, model: LanguageModel, message: SummaryRequested, limit: int, age_seconds: float
) -> None:
    """One folding if the turns pass `limit` tokens; a summary written meanwhile wins. Raises Again."""
    conversation = conversations.find_conversation_of_anyone(database, message.conversation_id)
    if conversation is None:
        retry_until_committed(f"conversation {message.conversation_id}", age_seconds)
        return
    turns = messages.list_oldest_turns(
        database, conversation.id, conversation.summary_until_seq, conversation.last_seq, TURNS_READ
    )
    plan = plan_summary(turns, limit, count_tokens)
    if plan is None:
        return
    summary = _summary(model, conversation, plan)
    kept = conversations.update_summary(database, conversation, summary, plan.until_seq)
    facts = {"conversation_id": conversation.id, "turns": len(plan.turns), "until_seq": plan.until_seq}
    logger().info("turns folded" if kept else "another summary came first", extra=facts)


def _summary(model: LanguageModel, conversation: Conversation, plan: SummaryPlan) -> str:
    summary = quoted(conversation.summary) or "(vazio)"
    text = f"Resumo atual:\n{summary}\n\nFalas seguintes:\n{quoted_turns(plan.turns)}"
    try:
        summary = ask(model, Prompt(_prompt(), (Turn(1, "usuario", text),), MAX_TOKENS), ANSWER_SECONDS)
        return summary[:SUMMARY_MAX_CHARACTERS]
    except LanguageModelError as error:
        raise RetryLater(error.code) from error


@cache
def _prompt() -> str:
    return (Path(__file__).parent / "prompt.txt").read_text(encoding="utf-8").strip()
