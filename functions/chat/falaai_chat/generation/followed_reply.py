"""Following a reply that another request generates."""

from collections.abc import Iterator

from falaai.database import Database, Statements
from falaai.errors import DatabaseUnavailable, ModelTimedOut, language_model_error
from falaai.language_model import Completed, Delta, Failed, Heartbeat
from falaai.logs import logger
from falaai.rate_limits import FOLLOWERS_AT_ONCE, release
from falaai.repositories import usage
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai_chat.generation.events import Interrupted, ReplyEnd, ReplyEvent
from falaai_chat.pending_replies import ExistingReply, poll_reply


def follow_reply(database: Database, existing: ExistingReply, seconds: float) -> Iterator[ReplyEvent]:
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
