"""Generating a reply: one generator of typed events for every transport, and a stored end in every case.

`generate_reply` yields a Delta for each piece of text, a Heartbeat for each second without one, and at the end one
Completed, Interrupted or Failed. Before Completed there may be a Remembered. A transport iterates it to its end,
because follow-up jobs are requested last.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from falaai import settings
from falaai.conversation_memory import CountTokens, Turn, plan_summary, room_for_turns, turns_limit
from falaai.database import Database, Statements
from falaai.errors import (
    DatabaseUnavailable,
    LanguageModelError,
    ModelTimedOut,
    QueueUnavailable,
    language_model_error,
)
from falaai.fact_rules import remembered_facts
from falaai.gemini.turn_messages import count_tokens
from falaai.grounding import Grounding, Notice
from falaai.language_model import (
    NO_USAGE,
    Completed,
    Delta,
    Failed,
    Heartbeat,
    LanguageModel,
    ModelEvent,
    Prompt,
    Usage,
)
from falaai.logs import logger
from falaai.modes import SEARCH, Counted
from falaai.queue_messages import DigestRequested, QueueMessage, SummaryRequested, TitleRequested
from falaai.queues import Queues
from falaai.rate_limits import FOLLOWERS_AT_ONCE, release
from falaai.reply_cost import reply_microdollars
from falaai.repositories import failures, running_replies, usage, versions
from falaai.repositories.facts import Fact
from falaai.repositories.messages import Message, State
from falaai.repositories.running_replies import ReplyResult
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai.stored_facts import add_facts
from falaai.stored_files import FileStore, NamedFile, S3Files
from falaai_chat.pending_replies import ExistingReply, NewReply, PendingReply, poll_reply
from falaai_chat.prompts import build_prompt
from falaai_chat.quota import is_counted

SAVE_EVERY_SECONDS = 1.0
# Seconds of a request reserved for storing the end of a reply and requesting follow-up jobs.
SECONDS_TO_FINISH = 4.5


@dataclass(frozen=True)
class ReplyDependencies:
    """Everything outside this process that a generation uses."""

    database: Database
    model: LanguageModel
    queues: Queues
    files: FileStore = field(default_factory=S3Files)


@dataclass(frozen=True)
class Interrupted:
    """The end of a reply that a user stopped, or whose process died (`error`), with the text that had arrived."""

    text: str
    error: str | None = None
    usage: Usage = NO_USAGE


@dataclass(frozen=True)
class Remembered:
    """Facts that the user has asked to remember in the question, and that are stored. It comes before Completed."""

    facts: tuple[Fact, ...]


ReplyEnd = Completed | Interrupted | Failed
ReplyEvent = Delta | Heartbeat | Remembered | ReplyEnd


def generate_reply(
    dependencies: ReplyDependencies, pending: PendingReply, language: str, seconds: float
) -> Iterator[ReplyEvent]:
    """Generate a new reply, or follow an existing one, and yield its events.

    An existing reply is complete, or another request is generating it. The row of a new reply is final before its
    last event. That event comes after at most `seconds`, plus the time to store it. The error of a Failed event holds
    the ids of the conversation and the reply.
    """
    if isinstance(pending, ExistingReply):
        events = _follow_reply(dependencies.database, pending, seconds)
    else:
        events = _generate(dependencies, pending, language, seconds)
    for event in events:
        if isinstance(event, Failed):
            ids = {"conversation_id": pending.conversation_id, "message_id": pending.reply_id}
            event.error.about(**ids, modo=pending.mode)
            if not is_counted(event.text, event.error.code):
                event.error.about(contou=False, restam=None if pending.left is None else pending.left + 1)
        yield event


def warm_up_reply(model: LanguageModel, now: datetime, language: str) -> None:
    """Do the one-time work of a process's first reply. Store nothing, and send Gemini no question.

    Raises the errors of the model's warm-up.
    """
    day_of(now)
    limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
    model.warm_up()
    build_prompt("", (Turn(1, "usuario", "Oi"),), limit, count_tokens, language)


def _generate(
    dependencies: ReplyDependencies, pending: NewReply, language: str, seconds: float
) -> Iterator[ReplyEvent]:
    limit = turns_limit(settings.read(settings.MemorySettings).memory_tokens)
    count = cache(count_tokens)  # the prompt and the summary plan count the same pairs
    prompt = build_prompt(pending.summary, pending.turns, limit, count, language, pending.files.noted, pending.notes)
    prompt = replace(prompt, mode=pending.mode, searches=pending.searches)
    row = StoredReply(dependencies.database, pending)
    for event in store_reply(_ask_about_files(dependencies, prompt, pending.files.read, seconds), row):
        if isinstance(event, Completed):
            yield from _remember(dependencies.database, pending)
        yield event
        if isinstance(event, Completed):
            turns = (*pending.turns, Turn(pending.reply_seq, "ia", event.text))
            _request_follow_up_jobs(dependencies.queues, pending, turns, limit, count)


def _remember(database: Database, pending: NewReply) -> Iterator[Remembered]:
    """Store what the question explicitly asks to remember, once. The reply is stored already: a failure is logged."""
    question = pending.turns[-1]
    is_source = pending.generation == 1 and not pending.is_temporary
    new = remembered_facts(question.seq, question.text) if is_source else []
    if not new:
        return
    user_id, conversation_id = pending.session.user_id, pending.conversation_id
    try:
        stored = database.transaction(lambda sql: add_facts(sql, user_id, conversation_id, new))
    except DatabaseUnavailable as error:
        logger().warning("facts not stored", extra={"conversation_id": conversation_id, "reason": str(error)})
        return
    if stored:
        yield Remembered(tuple(stored))


def _ask_about_files(
    dependencies: ReplyDependencies, prompt: Prompt, files: Sequence[NamedFile], seconds: float
) -> Generator[ModelEvent]:
    """Yield the model's events for a prompt with these files. Files that cannot be read end the reply as Failed."""
    began = time.monotonic()
    if files:
        try:
            prompt = replace(prompt, files=dependencies.files.read(files))
        except LanguageModelError as error:
            yield Failed(error)
            return
    yield from dependencies.model.stream(prompt, seconds - (time.monotonic() - began))


def store_reply(events: Generator[ModelEvent], row: "StoredReply") -> Iterator[ReplyEvent]:
    """Yield the model's events, and store the text about once a second and at the end.

    The end is stored before its event. As soon as the generation is no longer wanted, cancel the model and end with
    Interrupted.
    """
    text, cost, saved_at = "", NO_USAGE, time.monotonic()
    with closing(events):
        for event in events:
            match event:
                case Completed() | Failed():
                    text, cost = event.text, event.usage
                    if row.finish(event):
                        yield event
                        return
                    break
                case Delta():
                    text, cost = text + event.text, event.usage
            yield event
            if time.monotonic() - saved_at >= SAVE_EVERY_SECONDS:
                saved_at = time.monotonic()
                if not row.save_partial_text(text):
                    break
    end = Interrupted(text, usage=cost)
    row.stop(end)
    yield end


class StoredReply:
    """The row of one generation of a reply. A user may stop the reply, or begin a newer generation, at any time."""

    def __init__(self, database: Database, pending: NewReply) -> None:
        self._database = database
        self._pending = pending

    def save_partial_text(self, text: str) -> bool:
        """Store the text so far. Return False if the generation is no longer wanted."""
        pending = self._pending
        try:
            return running_replies.save_partial_text(self._database, pending.reply_id, pending.generation, text)
        except DatabaseUnavailable as error:
            # Nothing is lost: the reader already has the text, and the next save stores all of it.
            logger().warning("partial text not saved", extra={"reason": str(error)})
            return True

    def finish(self, end: Completed | Failed) -> bool:
        """Store the end and its cost, once. Return False if the generation is no longer wanted."""
        code = None
        if isinstance(end, Failed):
            code = end.error.code
            logger().warning("model failed", extra={"code": code, "reason": str(end.error)})
        state, cost = state_of(end), (end.usage.tokens_in, end.usage.tokens_out)
        ending = ReplyResult(end.text, state, code, end.usage.model, *cost, end.grounding)
        if uncounted := self._uncounted(end):
            is_stored = self._store_and_subtract(ending, uncounted)
        else:
            is_stored = self._store_end(ending)
        if is_stored:
            self._count_use(end.usage, len(end.grounding.queries) if end.grounding else 0, code)
            self._log(state, end.usage, code)
        return is_stored

    def _uncounted(self, end: Completed | Failed) -> list[Counted]:
        """Return the kinds of use that this end does not count as: a search that could not be made, for example."""
        uncounted: list[Counted] = []
        is_failure = isinstance(end, Failed) and not is_counted(end.text, end.error.code)
        if is_failure:
            uncounted.append(self._pending.mode)
        if self._pending.searches and (is_failure or is_unavailable(end.grounding)):
            uncounted.append(SEARCH)
        return uncounted

    def _store_end(self, ending: ReplyResult) -> bool:
        database = self._database.waiting_for_restart()
        row = (self._pending.reply_id, self._pending.generation)
        # If the answer to an earlier try was lost, that try may have stored the final state.
        return running_replies.update_finished_reply(database, *row, ending) or running_replies.has_final_state(
            database, *row, ending.state
        )

    def _store_and_subtract(self, ending: ReplyResult, uncounted: Sequence[Counted]) -> bool:
        """Store the end and subtract the message from the user's counts of these kinds, all or nothing."""
        row = (self._pending.reply_id, self._pending.generation)
        counter = (self._pending.session.user_id, day_of(self._pending.session.now))

        def work(sql: Statements) -> bool:
            usage.lock_messages(sql, *counter)  # first, as in the transactions that take a question
            if not running_replies.update_finished_reply(sql, *row, ending):
                return False
            for kind in uncounted:
                usage.delete_messages(sql, *counter, kind)
            return True

        def has_committed(sql: Statements) -> bool:
            usage.lock_messages(sql, *counter)  # waits until an earlier commit has ended
            return running_replies.has_final_state(sql, *row, ending.state)

        is_stored = self._database.transaction(work, has_committed)
        return is_stored or running_replies.has_final_state(self._database, *row, ending.state)

    def _count_use(self, used: Usage, queries: int, code: str | None) -> None:
        """Add tokens, queries, cost and a failure to the user's day.

        The reply is stored already, so a failure of this is only logged.
        """
        counter = (self._pending.session.user_id, day_of(self._pending.session.now))
        tokens = (used.tokens_in, used.tokens_out)
        try:
            if any(tokens) or queries:
                cost = reply_microdollars(used.model, *tokens)
                usage.update_tokens(self._database, *counter, *tokens, queries, cost)
            if code:
                failures.add_failure(self._database, *counter, code)
        except DatabaseUnavailable as error:
            logger().warning("tokens not counted", extra={"reason": str(error)})

    def stop(self, end: Interrupted) -> None:
        """Store the text of a generation that a user stopped, or in the copy that a newer generation has left."""
        pending = self._pending
        place = (pending.conversation_id, pending.reply_seq)
        if not running_replies.save_stopped_text(self._database, pending.reply_id, pending.generation, end.text):
            versions.save_late_text(self._database, *place, pending.generation, end.text)
        self._log(state_of(end), end.usage)

    def _log(self, state: State, cost: Usage, code: str | None = None) -> None:
        ids = {"conversation_id": self._pending.conversation_id, "reply_id": self._pending.reply_id}
        tokens = {"tokens_in": cost.tokens_in, "tokens_out": cost.tokens_out}
        logger().info("reply ended", extra={**ids, "model": cost.model, **tokens, "state": state.value, "code": code})


def is_unavailable(grounding: Grounding | None) -> bool:
    """Return whether a search was asked for and could not be made."""
    return grounding is not None and grounding.notice is Notice.UNAVAILABLE


def state_of(end: ReplyEnd) -> State:
    """Return the state to store for this end of a reply."""
    match end:
        case Completed():
            return State.COMPLETE
        case Interrupted():
            return State.INTERRUPTED
        case Failed():
            return State.FAILED


def _request_follow_up_jobs(
    queues: Queues, pending: NewReply, turns: Sequence[Turn], limit: int, count: CountTokens
) -> None:
    """Request a title, a summary and digests of files where they are due: none in a temporary conversation.

    If the queue fails, the next message requests them again.
    """
    conversation_id = pending.conversation_id
    due: list[QueueMessage] = []
    if pending.is_untitled and not pending.is_temporary:
        due.append(TitleRequested(conversation_id=conversation_id))
    if not pending.is_temporary and plan_summary(turns, room_for_turns(limit, pending.notes), count):
        due.append(SummaryRequested(conversation_id=conversation_id))
    user_id = pending.session.user_id
    due += [DigestRequested(file_id=file_id, user_id=user_id) for file_id in pending.files.without_digest]
    try:
        for message in due:
            queues.send(message)
    except QueueUnavailable as error:  # not retried, because the reader waits
        logger().warning("follow-up job not requested", extra={"reason": str(error)})


def _follow_reply(database: Database, existing: ExistingReply, seconds: float) -> Iterator[ReplyEvent]:
    """Yield the events of a reply that another request generates, then release this follower."""
    text = ""
    try:
        for reply in poll_reply(database, existing.session, existing.reply_id, seconds):
            if reply.text != text and reply.text.startswith(text):
                yield Delta(reply.text[len(text) :])
                text = reply.text
            elif reply.state is State.GENERATING:
                yield Heartbeat()
        yield _stored_end(reply)
    except ModelTimedOut as error:
        yield Failed(error, text)
    finally:
        if existing.reply.state is State.GENERATING:
            _release_follower(database, existing.session)


def _release_follower(database: Database, session: Session) -> None:
    """Stop counting this follower. A failure is only logged, because the count expires by itself."""

    def work(sql: Statements) -> None:
        usage.lock_messages(sql, session.user_id, day_of(session.now))  # the lock that `acquire` was called under
        release(sql, FOLLOWERS_AT_ONCE, session.user_id)

    try:
        database.transaction(work)
    except DatabaseUnavailable as error:
        logger().warning("follower not released", extra={"reason": str(error)})


def _stored_end(reply: Message) -> ReplyEnd:
    match reply.state:
        case State.FAILED:
            return Failed(language_model_error(reply.error or ""), reply.text, grounding=reply.grounding)
        case State.INTERRUPTED:
            return Interrupted(reply.text, reply.error)
        case _:
            return Completed(reply.text, grounding=reply.grounding)
