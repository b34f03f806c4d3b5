"""Gives a conversation its title after the first answer, and stores facts that the user told in the question."""

from collections.abc import Sequence

from falaai.batches import retry_until_committed
from falaai.conversation_memory import Turn
from falaai.database import Database, Statements, database
from falaai.fact_rules import Sentence, unread_sentences
from falaai.gemini.models import language_model
from falaai.job_usage import model_for_job
from falaai.language_model import LanguageModel
from falaai.logs import logger
from falaai.queue_messages import TitleRequested
from falaai.repositories import conversations, personal_notes
from falaai.repositories.conversations import Conversation
from falaai.repositories.turns import list_oldest_turns
from falaai.stored_facts import add_facts
from falaai_titles.title_generation import generate_title

TURNS_READ = 2


def handle(message: TitleRequested, age_seconds: float) -> None:
    """Handle one queue message with the database and the model of this process."""
    set_generated_title(database(), language_model(), message, age_seconds)


def set_generated_title(
    database: Database, model: LanguageModel, message: TitleRequested, age_seconds: float
) -> None:
    """Set a title of at most 5 words and 50 characters, unless the conversation has one, or its user is blocked.

    Raises RetryLater.
    """
    conversation = conversations.find_conversation_of_anyone(database, message.conversation_id)
    if conversation is None:
        retry_until_committed(f"conversation {message.conversation_id}", age_seconds)
        return
    if not conversations.is_untitled(
        conversation.title, conversation.has_chosen_title, conversation.has_provisional_title
    ):
        return
    turns = list_oldest_turns(database, conversation.id, 0, conversation.last_seq, TURNS_READ)
    if not turns:
        retry_until_committed(f"first message of conversation {conversation.id}", age_seconds)
        return
    counting = model_for_job(database, model, conversation.user_id)
    if counting is None:
        return
    title, new = generate_title(counting, turns, _sentences(database, conversation, turns))

    def work(sql: Statements) -> None:
        stored = add_facts(sql, conversation.user_id, conversation.id, new, turns[-1].seq)
        is_set = conversations.set_generated_title(sql, conversation.id, title)
        facts = {"conversation_id": conversation.id, "facts": len(stored)}
        logger().info("title set" if is_set else "title discarded, another came first", extra=facts)

    database.transaction(work)


def _sentences(sql: Statements, conversation: Conversation, turns: Sequence[Turn]) -> list[Sentence]:
    """Return the sentences of the user that have not been read for facts; none while the memory is paused."""
    sentences = unread_sentences(turns, conversation.facts_until_seq)
    return [] if sentences and personal_notes.has_pause(sql, conversation.user_id) else sentences
