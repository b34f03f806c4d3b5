"""Generating a reply: the one function whose pieces every transport carries, and a proper end whatever happens."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from falaai import settings
from falaai.conversation_memory import Turn, plan_summary, turns_limit
from falaai.database import Database, Statements
from falaai.errors import DatabaseUnavailable, LanguageModelError, QueueUnavailable, language_model_error
from falaai.language_model import Answer, LanguageModel, count_tokens
from falaai.logs import logger
from falaai.queue_messages import QueueMessage, SummaryRequested, TitleRequested
from falaai.queues import Queues
from falaai.rate_limits import FOLLOWERS_AT_ONCE, let_go
from falaai.repositories import messages, usage, users
from falaai.repositories.messages import Ending, State
from falaai.sao_paulo import day_of
from falaai_chat.polling import poll_reply
from falaai_chat.prompts import build_prompt
from falaai_chat.questions import ExistingReply, NewReply, PendingReply

WRITE_EVERY_SECONDS = 1.0
# Part of a request's time that is kept for writing the end of a reply and for requesting its title.
SECONDS_TO_FINISH = 4.5


@dataclass(frozen=True)
class Services:
    """What generating needs."""

    database: Database
    model: LanguageModel
    queues: Queues


@dataclass(frozen=True)
class Piece:
    """Some more of the reply; empty when a second passed without any."""

    text: str


def reply_pieces(services: Services, asked: PendingReply, language: str, seconds: float) -> Iterator[Piece | Ending]:
    """Pieces, then the Ending: of a new generation, or of the one that is already under way or done.

    Raises a LanguageModelError, which tells the ids and whatever text had come, after the reply's row does.
    """
    try:
        if isinstance(asked, ExistingReply):
            yield from _followed_pieces(services.database, asked, seconds)
        else:
            yield from _Generation(services, asked).run(language, seconds)
    except LanguageModelError as error:
        raise error.about(conversation_id=asked.conversation_id, message_id=asked.reply_id) from error


def _followed_pieces(database: Database, asked: ExistingReply, seconds: float) -> Iterator[Piece | Ending]:
    """Yield the pieces of an existing reply, then give back the follower's place."""
    try:
        yield from _existing_pieces(database, asked, seconds)
    finally:
        if asked.reply.state is State.GENERATING:
            database.transaction(lambda sql: _leave(sql, asked.session.user_id))


def _leave(sql: Statements, user_id: int) -> None:
    if users.lock_user(sql, user_id):
        let_go(sql, FOLLOWERS_AT_ONCE, user_id)


def _existing_pieces(database: Database, asked: ExistingReply, seconds: float) -> Iterator[Piece | Ending]:
    text = ""
    for reply in poll_reply(database, asked.session, asked.reply_id, seconds):
        if reply.text.startswith(text):
            yield Piece(reply.text[len(text) :])
            text = reply.text
    if reply.state is State.FAILED:
        raise language_model_error(reply.error or "").about(text=reply.text)
    yield Ending(reply.text, reply.state)


class _Generation:
    """One try at one reply."""

    def __init__(self, services: Services, asked: NewReply) -> None:
        self._services = services
        self._asked = asked
        self._text = ""
        self._count = cache(count_tokens)  # each pair once, for the prompt and for what is to be folded
        self._written_at = time.monotonic()

    def run(self, language: str, seconds: float) -> Iterator[Piece | Ending]:
        limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
        prompt = build_prompt(self._asked.summary, self._asked.turns, limit, self._count, language)
        answer = self._services.model.answer(prompt, seconds)
        try:
            for text in answer:
                self._text += text
                yield Piece(text)
                if not self._is_still_wanted():
                    yield self._stopped(answer)
                    return
        except LanguageModelError as error:
            logger().warning("model failed", extra={"code": error.code, "reason": str(error)})
            self._finish(answer, Ending(self._text, State.FAILED, error.code))
            raise error.about(text=self._text) from error
        yield self._finish(answer, Ending(self._text, State.COMPLETE))
        self._request_follow_up_jobs(limit)

    def _is_still_wanted(self) -> bool:
        """Write the text so far when a second has passed; False if somebody stopped this reply."""
        if time.monotonic() - self._written_at < WRITE_EVERY_SECONDS:
            return True
        self._written_at = time.monotonic()
        asked, text = self._asked, self._text
        try:
            return messages.save_partial_text(self._services.database, asked.reply_id, asked.generation, text)
        except DatabaseUnavailable as error:
            # The reader has the text, and the next write has all of it.
            logger().warning("text so far not written", extra={"reason": str(error)})
            return True

    def _stopped(self, answer: Answer) -> Ending:
        asked, text = self._asked, self._text
        messages.save_stopped_text(self._services.database, asked.reply_id, asked.generation, text)
        return self._ended(answer, Ending(text, State.INTERRUPTED))

    def _finish(self, answer: Answer, ending: Ending) -> Ending:
        """Write the end down, unless somebody stopped the reply at the last moment."""
        asked = self._asked
        ending = replace(ending, model=answer.model, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out)

        database = self._services.database.waiting_for_restart()
        place = (asked.reply_id, asked.generation)
        # The state is already final if an earlier try was written and its answer was lost.
        if not messages.update_finished_reply(database, *place, ending) and not messages.has_final_state(
            database, *place, ending.state
        ):
            return self._stopped(answer)
        self._count_tokens(ending)
        return self._ended(answer, ending)

    def _count_tokens(self, ending: Ending) -> None:
        """Add the tokens to the user's day. The reply is stored already, so a failure is only logged."""
        session, tokens = self._asked.session, (ending.tokens_in, ending.tokens_out)
        try:
            usage.update_tokens(self._services.database, session.user_id, day_of(session.now), *tokens)
        except DatabaseUnavailable as error:
            logger().warning("tokens not counted", extra={"reason": str(error)})

    def _ended(self, answer: Answer, ending: Ending) -> Ending:
        facts = {"conversation_id": self._asked.conversation_id, "reply_id": self._asked.reply_id}
        cost = {"model": answer.model, "tokens_in": answer.tokens_in, "tokens_out": answer.tokens_out}
        logger().info("reply ended", extra={**facts, **cost, "state": ending.state.value, "code": ending.error})
        return ending

    def _request_follow_up_jobs(self, limit: int) -> None:
        """Ask for a title and for folding where they are due. If a queue refuses, the next message asks again."""
        conversation_id = self._asked.conversation_id
        due: list[QueueMessage] = []
        if self._asked.is_untitled:
            due.append(TitleRequested(conversation_id=conversation_id))
        turns = (*self._asked.turns, Turn(self._asked.reply_seq, "ia", self._text))
        if plan_summary(turns, limit, self._count):
            due.append(SummaryRequested(conversation_id=conversation_id))
        try:
            for message in due:
                self._services.queues.send(message)
        except QueueUnavailable as error:  # the reader waits: what fails once is not tried again now
            logger().warning("background work not asked for", extra={"reason": str(error)})
