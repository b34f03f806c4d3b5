"""Taking a question: it is stored and committed, with a place for its reply, before the model is called."""

from collections.abc import Callable
from dataclasses import dataclass

import pymysql

from falaai.conversation_memory import Turn
from falaai.database import Database, Statements
from falaai.errors import Conflict, MoreFollows, NotFound, NotSignedIn, NotTheLast, StillAnswering, TooManyFollowers
from falaai.rate_limits import FOLLOWERS_AT_ONCE, hold
from falaai.repositories import conversations, messages, sessions, transcripts, users
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai_chat.quota import RETRY_SECONDS, Overtaken, Quota
from falaai_chat.schemas import EditInput, MessageInput

Work = Callable[[Statements, Session], "PendingReply"]


@dataclass(frozen=True)
class PendingReply:
    """A stored question, the row its reply goes to, and what the model may know.

    `standing` is a reply that is there already, or is being generated elsewhere, because the same question came
    before; then there is nothing to generate, and nothing was counted but one follower of a reply that is being
    generated. `left` is how many messages the person has left today.
    """

    session: Session
    conversation_id: int
    question_id: int
    reply_id: int
    reply_seq: int
    generation: int = 1
    turns: tuple[Turn, ...] = ()
    summary: str = ""
    is_untitled: bool = False
    existing_reply: Message | None = None
    left: int | None = None


def ask(database: Database, session: Session, question: MessageInput, quota: Quota) -> PendingReply:
    """Store the question in the conversation it names, or in a new one where it says `nova`; without either in the
    session's active one, else in a new one.

    The same client_id again is the same question: nothing is stored, and a reply that failed is tried again.
    Raises NotFound for a conversation of somebody else, Conflict for a client_id with another text, QuotaReached,
    CeilingReached, TooManyReplies, TooManyFollowers, NotSignedIn for a session that ended meanwhile or is not the one
    of the question's `user_id`.
    """
    if question.user_id not in (None, session.user_id):
        raise NotSignedIn("the question is another person's")
    return _once(database, session, quota, question, lambda sql, now: _ask(sql, now, question, quota))


def regenerate_reply(database: Database, session: Session, reply_id: int, quota: Quota) -> PendingReply:
    """Empty a reply to have it generated again: the last one, or any that failed or was interrupted.

    Raises NotFound, StillAnswering, NotTheLast, QuotaReached, CeilingReached, TooManyReplies, NotSignedIn.
    """
    return _once(database, session, quota, None, lambda sql, now: _ask_again(sql, now, reply_id, quota))


def edit_question(
    database: Database, session: Session, question_id: int, edit: EditInput, quota: Quota
) -> PendingReply:
    """Replace a question's text, drop everything that followed it, and make a place for the new reply.

    Raises MoreFollows where more would be deleted than the edit allows, NotFound, Conflict, QuotaReached,
    CeilingReached, TooManyReplies, NotSignedIn.
    """
    return _once(database, session, quota, edit, lambda sql, now: _ask_instead(sql, now, question_id, edit, quota))


def _once(
    database: Database, session: Session, quota: Quota, question: MessageInput | EditInput | None, work: Work
) -> PendingReply:
    """Do the work on what the session was when the request came; once more under its lock where that was not so,
    or where the question had come before."""
    try:
        return database.transaction(lambda sql: _alone(sql, session, work))
    except Overtaken:
        return database.transaction(lambda sql: _under_lock(sql, session, quota, question, work))


def _alone(sql: Statements, session: Session, work: Work) -> PendingReply:
    """Do the work while no other request of this person does: each then counts the replies of the one before."""
    if not users.lock_user(sql, session.user_id):
        raise NotSignedIn("the account is gone")
    return work(sql, session)


def _under_lock(
    sql: Statements, session: Session, quota: Quota, question: MessageInput | EditInput | None, work: Work
) -> PendingReply:
    locked = sessions.lock_session(sql, session) if users.lock_user(sql, session.user_id) else None
    if locked is None:
        raise NotSignedIn("the session has ended")
    if question and question.client_id:
        known = messages.find_question(sql, session.user_id, question.client_id)
        if known:
            return _asked_before(sql, locked, known, question.message, quota)
    return work(sql, locked)


def _ask(sql: Statements, session: Session, question: MessageInput, quota: Quota) -> PendingReply:
    active = None if question.nova else session.active_conversation_id
    conversation_id, reply_seq = question.conversation_id or active, None
    if conversation_id is not None:
        reply_seq = conversations.reserve_seq(sql, session.user_id, conversation_id, by=2)
    if reply_seq is None and question.conversation_id is not None:
        raise NotFound("conversation")
    is_new = reply_seq is None
    try:
        if conversation_id is None or reply_seq is None:
            conversation_id, reply_seq = conversations.add_conversation(sql, session.user_id, last_seq=2), 2
        messages.add_exchange(sql, conversation_id, reply_seq, question.message, question.client_id)
    except pymysql.IntegrityError as error:  # the client_id is known, or the account was deleted meanwhile
        raise Overtaken from error
    return _asked(sql, session, conversation_id, reply_seq, quota, client_id=question.client_id, is_new=is_new)


def _asked(
    sql: Statements,
    session: Session,
    conversation_id: int,
    reply_seq: int,
    quota: Quota,
    *,
    generation: int = 1,
    client_id: str | None = None,
    is_new: bool = False,
) -> PendingReply:
    """What is stored by now, counted. Last of all, since everybody's counter stays locked until the commit."""
    exchange = transcripts.find_exchange(sql, session.user_id, conversation_id, reply_seq, client_id)
    if exchange is None:
        raise NotFound("question")
    if exchange.is_repeated:
        raise Overtaken
    quota.check_running(exchange.running)
    left = quota.take(sql, session, conversation_id, is_new)
    return PendingReply(
        session,
        conversation_id,
        exchange.question_id,
        exchange.reply_id,
        reply_seq,
        generation,
        exchange.turns,
        exchange.summary,
        exchange.is_untitled,
        left=left,
    )


def _asked_before(sql: Statements, session: Session, known: Message, text: str, quota: Quota) -> PendingReply:
    if known.text != text:
        raise Conflict("client_id used for another text")
    conversation = conversations.lock_conversation(sql, session.user_id, known.conversation_id)
    reply = messages.find_by_seq(sql, known.conversation_id, known.seq + 1)
    if conversation is None or reply is None:
        raise NotFound("reply")
    if reply.state is State.GENERATING and not hold(sql, FOLLOWERS_AT_ONCE, session.user_id):
        place = {
            "conversation_id": conversation.id,
            "question_id": known.id,
            "message_id": reply.id,
            "seq": reply.seq,
        }
        raise TooManyFollowers(RETRY_SECONDS).about(**place)
    if reply.state in (State.GENERATING, State.COMPLETE):
        return PendingReply(session, conversation.id, known.id, reply.id, reply.seq, existing_reply=reply)
    return _restart(sql, session, reply, quota)


def _ask_again(sql: Statements, session: Session, reply_id: int, quota: Quota) -> PendingReply:
    locked = messages.lock_message(sql, session.user_id, reply_id)
    if locked is None or locked.message.author != "ia":
        raise NotFound("message")
    reply = locked.message
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE and reply.seq != locked.last_seq:
        raise NotTheLast("a complete reply that is not the last")
    return _restart(sql, session, reply, quota)


def _restart(sql: Statements, session: Session, reply: Message, quota: Quota) -> PendingReply:
    generation = messages.update_restarted_reply(sql, session.user_id, reply)
    return _asked(sql, session, reply.conversation_id, reply.seq, quota, generation=generation)


def _ask_instead(sql: Statements, session: Session, question_id: int, edit: EditInput, quota: Quota) -> PendingReply:
    locked = messages.lock_message(sql, session.user_id, question_id)
    if locked is None or locked.message.author != "usuario":
        raise NotFound("message")
    question, reply_seq = locked.message, locked.message.seq + 1
    if edit.client_id and edit.client_id == locked.client_id:
        raise Overtaken
    if edit.seguintes is not None and locked.last_seq - reply_seq > edit.seguintes:
        raise MoreFollows("messages came after the person was told how many there are")
    messages.delete_after(sql, question.conversation_id, question.seq)
    try:
        messages.update_question(sql, question.id, edit.message, edit.client_id)
    except pymysql.IntegrityError as error:
        raise Overtaken from error
    messages.add_reply(sql, question.conversation_id, reply_seq)
    conversations.truncate_after(sql, session.user_id, question.conversation_id, reply_seq)
    return _asked(sql, session, question.conversation_id, reply_seq, quota, client_id=edit.client_id)
