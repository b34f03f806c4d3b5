"""Generating a reply: one generator of typed events for every transport, and a stored end in every case.

`generate_reply` yields a Delta for each piece of text, a Heartbeat for each second without one, and at the end one
Completed, Interrupted or Failed. Before Completed there may be a Remembered. A transport iterates it to its end,
because follow-up jobs are requested last.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from falaai import settings
from falaai.conversation_memory import Turn, turns_limit
from falaai.database import Database
from falaai.errors import DatabaseUnavailable, LanguageModelError
from falaai.fact_rules import remembered_facts
from falaai.gemini.turn_messages import count_tokens
from falaai.language_model import Completed, Failed, LanguageModel, ModelEvent, Prompt
from falaai.logs import logger
from falaai.queues import Queues
from falaai.sao_paulo import day_of
from falaai.stored_facts import add_facts
from falaai.stored_files import FileStore, NamedFile, S3Files
from falaai_chat.generation.events import Remembered, ReplyEvent
from falaai_chat.generation.follow_up_jobs import request_follow_up_jobs
from falaai_chat.generation.followed_reply import follow_reply
from falaai_chat.generation.stored_reply import StoredReply, store_reply
from falaai_chat.pending_replies import ExistingReply, NewReply, PendingReply
from falaai_chat.prompts import build_prompt
from falaai_chat.quota import is_counted

# Seconds of a request reserved for storing the end of a reply and requesting follow-up jobs.
SECONDS_TO_FINISH = 4.5


@dataclass(frozen=True)
class ReplyDependencies:
    """Everything outside this process that a generation uses."""

    database: Database
    model: LanguageModel
    queues: Queues
    files: FileStore = field(default_factory=S3Files)


def generate_reply(
    dependencies: ReplyDependencies, pending: PendingReply, language: str, seconds: float
) -> Iterator[ReplyEvent]:
    """Generate a new reply, or follow an existing one, and yield its events.

    An existing reply is complete, or another request is generating it. The row of a new reply is final before its
    last event. That event comes after at most `seconds`, plus the time to store it. The error of a Failed event holds
    the ids of the conversation and the reply.
    """
    if isinstance(pending, ExistingReply):
        events = follow_reply(dependencies.database, pending, seconds)
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
            request_follow_up_jobs(dependencies.queues, pending, turns, limit, count)


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
