"""Generating a reply: pieces from the model, kept in the database as they come, and a proper end whatever happens."""

import time
from collections.abc import Iterator

from falaai.conversation_memory import Turn, due_folding
from falaai.database import Database
from falaai.errors import FalaAIError, LanguageModelError, QueueUnavailable
from falaai.language_model import Answer, LanguageModel, Prompt, count_tokens
from falaai.logs import logger
from falaai.queue_messages import FoldingRequested, QueueMessage, TitleRequested
from falaai.queues import Queues
from falaai.repositories import messages
from falaai.repositories.messages import State
from falaai_chat.asking import Asked

WRITE_EVERY_SECONDS = 1.0


def generate(database: Database, model: LanguageModel, asked: Asked, prompt: Prompt, seconds: float) -> Iterator[str]:
    """Pieces of the reply; its row holds the text so far about once a second, and its end.

    Ends early, without an error, when the row is no longer being generated: somebody stopped it. Raises a
    LanguageModelError after the row says what happened.
    """
    answer = model.answer(prompt, seconds)
    text = ""
    written_at = time.monotonic()
    try:
        for piece in answer:
            text += piece
            yield piece
            if time.monotonic() - written_at >= WRITE_EVERY_SECONDS:
                if not _write(database, asked, text):
                    return
                written_at = time.monotonic()
    except LanguageModelError as error:
        _finish(database, asked, answer, text, State.FAILED, error)
        raise
    _finish(database, asked, answer, text, State.COMPLETE)


def _write(database: Database, asked: Asked, text: str) -> bool:
    return database.autocommit(lambda sql: messages.write_so_far(sql, asked.reply_id, text))


def _finish(
    database: Database,
    asked: Asked,
    answer: Answer,
    text: str,
    state: State,
    error: FalaAIError | None = None,
) -> None:
    database.autocommit(
        lambda sql: messages.finish_reply(
            sql,
            asked.reply_id,
            text,
            state,
            error=error.code if error else None,
            model=answer.model,
            tokens_in=answer.tokens_in,
            tokens_out=answer.tokens_out,
        )
    )
    facts = {"conversation_id": asked.conversation.id, "reply_id": asked.reply_id, "state": state.value}
    logger().info("reply ended", extra={**facts, "model": answer.model, "tokens_out": answer.tokens_out})


def ask_for_afterwork(queues: Queues, asked: Asked, reply: str, memory_tokens: int) -> None:
    """Ask for a title and for folding where they are due. If a queue refuses, the next message asks again."""
    due: list[QueueMessage] = []
    if asked.conversation.is_untitled:
        due.append(TitleRequested(conversation_id=asked.conversation.id))
    turns = (*asked.turns, Turn(asked.reply_seq, "ia", reply))
    if due_folding(turns, memory_tokens, count_tokens):
        due.append(FoldingRequested(conversation_id=asked.conversation.id))
    for message in due:
        try:
            queues.send(message)
        except QueueUnavailable as error:
            logger().warning("background work not asked for", extra={"reason": str(error)})
