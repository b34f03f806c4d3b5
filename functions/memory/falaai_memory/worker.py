"""Moves the oldest turns of a long conversation into its summary."""

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.conversation_memory import plan_summary, turns_limit
from falaai.database import Database, database
from falaai.gemini import count_tokens, language_model
from falaai.language_model import LanguageModel
from falaai.logs import logger
from falaai.queue_messages import SummaryRequested
from falaai.repositories import conversations, messages
from falaai_memory.summarization import write_summary

TURNS_READ = 400


def handle(message: SummaryRequested, age_seconds: float) -> None:
    """Handle one queue message with the database and the model of this process."""
    limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
    summarize(database(), language_model(), message, limit, age_seconds)


def summarize(
    database: Database, model: LanguageModel, message: SummaryRequested, limit: int, age_seconds: float
) -> None:
    """Summarize once if the turns pass `limit` tokens. A summary that was saved meanwhile wins. Raises RetryLater."""
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
    summary = write_summary(model, conversation.summary, plan)
    is_saved = conversations.update_summary(database, conversation, summary, plan.until_seq)
    facts = {"conversation_id": conversation.id, "turns": len(plan.turns), "until_seq": plan.until_seq}
    logger().info("summary updated" if is_saved else "summary discarded, another came first", extra=facts)
