"""Gives a conversation its title after the first answer."""

from falaai.batches import retry_until_committed
from falaai.database import Database, database
from falaai.gemini import language_model
from falaai.language_model import LanguageModel
from falaai.queue_messages import TitleRequested
from falaai.repositories import conversations, messages
from falaai_titles.title_generation import generate_title

TURNS_READ = 2


def handle(message: TitleRequested, age_seconds: float) -> None:
    """Handle one queue message with the database and the model of this process."""
    set_generated_title(database(), language_model(), message, age_seconds)


def set_generated_title(
    database: Database, model: LanguageModel, message: TitleRequested, age_seconds: float
) -> None:
    """Set a title of at most 5 words and 50 characters, unless the conversation has one. Raises RetryLater."""
    conversation = conversations.find_conversation_of_anyone(database, message.conversation_id)
    if conversation is None:
        retry_until_committed(f"conversation {message.conversation_id}", age_seconds)
        return
    if not conversations.is_untitled(
        conversation.title, conversation.has_chosen_title, conversation.has_provisional_title
    ):
        return
    turns = messages.list_oldest_turns(database, conversation.id, 0, conversation.last_seq, TURNS_READ)
    if not turns:
        retry_until_committed(f"first message of conversation {conversation.id}", age_seconds)
        return
    conversations.set_generated_title(database, conversation.id, generate_title(model, turns))
