"""Storing a reply while it is generated: its text about once a second, and its end exactly once."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from falaai.database import Database, Statements
from falaai.errors import DatabaseUnavailable
from falaai.grounding import Grounding, Notice
from falaai.language_model import NO_USAGE, Completed, Delta, Failed, ModelEvent, Usage
from falaai.logs import logger
from falaai.model_costs import answer_microdollars
from falaai.modes import SEARCH, Counted
from falaai.repositories import failures, running_replies, usage, versions
from falaai.repositories.messages import State
from falaai.repositories.running_replies import ReplyResult
from falaai.sao_paulo import day_of
from falaai_chat.generation.events import Interrupted, ReplyEvent, state_of
from falaai_chat.pending_replies import NewReply
from falaai_chat.quota import is_counted

SAVE_EVERY_SECONDS = 1.0


def store_reply(events: Generator[ModelEvent], row: "StoredReply") -> Iterator[ReplyEvent]:
    """Yield the model's events, and store the text about once a second and at the end.

    The end is stored before its event. As soon as the generation is no longer wanted, cancel the model and end with
    Interrupted.
    """
    text, cost, queries, saved_at = "", NO_USAGE, 0, time.monotonic()
    with closing(events):
        for event in events:
            match event:
                case Completed() | Failed():
                    text, cost, queries = event.text, event.usage, queries_of(event.grounding)
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
    row.stop(end, queries)
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
            self._count_use(end.usage, queries_of(end.grounding), code)
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
                cost = answer_microdollars(used.model, *tokens, queries)
                usage.update_tokens(self._database, *counter, *tokens, queries, cost)
            if code:
                failures.add_failure(self._database, *counter, code)
        except DatabaseUnavailable as error:
            logger().warning("tokens not counted", extra={"reason": str(error)})

    def stop(self, end: Interrupted, queries: int = 0) -> None:
        """Store the text of a generation that a user stopped, or in the copy that a newer generation has left.

        The tokens that have arrived count: Gemini bills them.
        """
        pending = self._pending
        place = (pending.conversation_id, pending.reply_seq)
        if not running_replies.save_stopped_text(self._database, pending.reply_id, pending.generation, end.text):
            versions.save_late_text(self._database, *place, pending.generation, end.text)
        self._count_use(end.usage, queries, None)
        self._log(state_of(end), end.usage)

    def _log(self, state: State, cost: Usage, code: str | None = None) -> None:
        ids = {"conversation_id": self._pending.conversation_id, "reply_id": self._pending.reply_id}
        tokens = {"tokens_in": cost.tokens_in, "tokens_out": cost.tokens_out}
        logger().info("reply ended", extra={**ids, "model": cost.model, **tokens, "state": state.value, "code": code})


def queries_of(grounding: Grounding | None) -> int:
    """Return the number of queries that Gemini made for a search."""
    return len(grounding.queries) if grounding else 0


def is_unavailable(grounding: Grounding | None) -> bool:
    """Return whether a search was asked for and could not be made."""
    return grounding is not None and grounding.notice is Notice.UNAVAILABLE
