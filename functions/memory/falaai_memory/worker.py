"""Moves the oldest turns of a long conversation into its summary, and writes the digests of attached files.

Facts that the user told in these turns are stored with the summary.
"""

from collections.abc import Sequence

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.conversation_memory import plan_summary, room_for_turns, turns_limit
from falaai.database import Database, Statements, database
from falaai.errors import (
    FileMissing,
    LanguageModelError,
    ModelBlocked,
    ModelCannotRead,
    ModelCutShort,
    ModelSilent,
    RetryLater,
)
from falaai.fact_rules import NewFact, unread_sentences
from falaai.gemini.models import language_model
from falaai.gemini.turn_messages import count_tokens
from falaai.job_usage import model_for_job
from falaai.language_model import LanguageModel
from falaai.logs import logger
from falaai.queue_messages import DigestRequested, SummaryRequested
from falaai.repositories import conversations, files, personal_notes, users
from falaai.repositories.conversations import Conversation
from falaai.repositories.files import DigestState
from falaai.repositories.turns import list_oldest_turns
from falaai.stored_facts import add_facts
from falaai.stored_files import FileStore, NamedFile, S3Files
from falaai_memory.digests import write_digest
from falaai_memory.summarization import write_summary

MemoryRequested = SummaryRequested | DigestRequested

TURNS_READ = 400
# Failures that the file itself causes. They would repeat, so the digest is given up at once.
_OF_THE_FILE = (FileMissing, ModelBlocked, ModelCannotRead, ModelCutShort, ModelSilent)


def handle(message: MemoryRequested, age_seconds: float) -> None:
    """Handle one queue message with the database, the model and the bucket of this process."""
    match message:
        case SummaryRequested():
            limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
            summarize(database(), language_model(), message, limit, age_seconds)
        case DigestRequested():
            add_digest(database(), language_model(), S3Files(), message, age_seconds)


def give_up(message: MemoryRequested) -> None:
    """Note that no try is left for a digest. The next message requests a summary again by itself."""
    if isinstance(message, DigestRequested):
        files.set_digest_failed(database(), message.user_id, message.file_id)


def summarize(
    database: Database, model: LanguageModel, message: SummaryRequested, limit: int, age_seconds: float
) -> None:
    """Summarize once if the turns pass `limit` tokens, less those of the user's notes.

    A summary that was saved meanwhile wins. A blocked user gets none. Raises RetryLater.
    """
    conversation = conversations.find_conversation_of_anyone(database, message.conversation_id)
    if conversation is None:
        retry_until_committed(f"conversation {message.conversation_id}", age_seconds)
        return
    if conversation.is_temporary:
        return
    turns = list_oldest_turns(
        database, conversation.id, conversation.summary_until_seq, conversation.last_seq, TURNS_READ
    )
    room = room_for_turns(limit, personal_notes.find_notes(database, conversation.user_id))
    plan = plan_summary(turns, room, count_tokens)
    if plan is None:
        return
    counting = model_for_job(database, model, conversation.user_id)
    if counting is None:
        return
    sentences = unread_sentences(plan.turns, conversation.facts_until_seq)
    if sentences and personal_notes.has_pause(database, conversation.user_id):
        sentences = []
    summary, new = write_summary(counting, conversation.summary, plan, sentences)
    stored = database.transaction(lambda sql: _save(sql, conversation, summary, plan.until_seq, new))
    facts = {"conversation_id": conversation.id, "turns": len(plan.turns), "until_seq": plan.until_seq}
    logger().info(
        "summary discarded, another came first" if stored is None else "summary updated",
        extra={**facts, "facts": stored or 0},
    )


def _save(
    sql: Statements, conversation: Conversation, summary: str, until_seq: int, new: Sequence[NewFact]
) -> int | None:
    """Store the summary with its facts. Returns the number of stored facts, None if another change came first."""
    users.lock_user(sql, conversation.user_id)  # first, as whenever facts are stored
    if not conversations.update_summary(sql, conversation, summary, until_seq):
        return None
    return len(add_facts(sql, conversation.user_id, conversation.id, new, until_seq))


def add_digest(
    database: Database, model: LanguageModel, store: FileStore, message: DigestRequested, age_seconds: float
) -> None:
    """Write the digest of a file that has none. A digest that was saved meanwhile wins. A blocked user gets none.

    Raises RetryLater.
    """
    file = files.find_file(database, message.user_id, message.file_id)
    if file is None:
        retry_until_committed(f"file {message.file_id}", age_seconds)
        return
    if file.digest_state is DigestState.READY:
        return
    counting = model_for_job(database, model, message.user_id)
    if counting is None:
        return
    facts = {"file_id": file.id, "kind": file.kind.value}
    try:
        (media,) = store.read([NamedFile("arquivo", file)])
        digest = write_digest(counting, media)
    except _OF_THE_FILE as error:
        files.set_digest_failed(database, message.user_id, file.id)
        logger().warning("digest failed", extra={**facts, "code": error.code})
        return
    except LanguageModelError as error:
        raise RetryLater(error.code) from error
    is_saved = files.set_digest(database, message.user_id, file.id, digest.text, digest.transcript)
    logger().info("digest written" if is_saved else "digest discarded, another came first", extra=facts)
