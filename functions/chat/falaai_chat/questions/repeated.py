"""Questions whose client_id is stored already: the client did not get the answer to its first request."""

from collections.abc import Collection

from falaai.database import Statements
from falaai.errors import Conflict, NotFound, TooManyFollowers
from falaai.rate_limits import FOLLOWERS_AT_ONCE, acquire
from falaai.repositories.exchanges import Locked
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai_chat.pending_replies import ExistingReply, PendingReply
from falaai_chat.questions.counted_transactions import Attempt
from falaai_chat.questions.new_replies import restart_reply, subtract_message
from falaai_chat.quota import RETRY_SECONDS, Used
from falaai_chat.schemas import EditInput, MessageInput


def find_repeated_question(stored: list[Locked], question: MessageInput | EditInput) -> Message | None:
    """Return the question that was stored with this client_id before.

    Raises Conflict if its text, its attachments or its `buscar` are others. An edit does not name attachments.
    """
    repeated = next((one for one in stored if question.client_id and one.client_id == question.client_id), None)
    if repeated is None:
        return None
    if repeated.message.text != question.message:
        raise Conflict("client_id used for another text")
    if isinstance(question, MessageInput) and repeated.attachment_ids != set(question.anexos):
        raise Conflict("client_id used with other attachments")
    if repeated.message.searches != question.buscar:
        raise Conflict("client_id used with another choice of a search")
    return repeated.message


def answer_repeated_question(
    sql: Statements,
    session: Session,
    attempt: Attempt,
    used: Used,
    question: Message,
    stored: list[Locked],
    reread: Collection[int],
) -> PendingReply:
    """Return the reply that the question has; generate it again if it failed or was interrupted."""
    place = _place(question, question.seq + 1)
    found = next((one for one in stored if _place(one.message, one.message.seq) == place), None)
    if found is None:
        raise NotFound("reply")
    reply = found.message
    if reply.state not in (State.GENERATING, State.COMPLETE):
        return restart_reply(sql, session, attempt, used, found, reread)
    subtract_message(sql, session, attempt.day, attempt.limits.mode, attempt.limits.searches)
    if reply.state is State.GENERATING and not acquire(sql, FOLLOWERS_AT_ONCE, session.user_id):
        ids = {"conversation_id": reply.conversation_id, "question_id": question.id, "message_id": reply.id}
        raise TooManyFollowers(RETRY_SECONDS).about(**ids, seq=reply.seq)
    return ExistingReply(session, reply.conversation_id, question.id, reply)


def _place(message: Message, seq: int) -> tuple[int, int, int]:
    return message.conversation_id, message.branch, seq
