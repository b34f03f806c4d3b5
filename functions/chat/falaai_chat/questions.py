"""Taking a question: store and commit it, with a row for its reply, before the model is called.

Each use case is one transaction. Its first statement locks the session and the account, so requests of one user run
one after another: each sees the active conversation, the questions and the running replies of the one before. Its
last statement counts the message, since that counter is a row that many users share.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from falaai.conversation_memory import Turn
from falaai.database import Database, Statements, new_transaction_key
from falaai.errors import (
    CeilingReached,
    Conflict,
    MoreFollows,
    NotFound,
    NotSignedIn,
    NotTheLast,
    StillAnswering,
    TooManyFollowers,
)
from falaai.rate_limits import FOLLOWERS_AT_ONCE, acquire
from falaai.repositories import conversations, messages, sessions, transcripts
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import LockedSession, Session
from falaai.repositories.transcripts import Context
from falaai.repositories.usage import SHARES
from falaai.sao_paulo import day_of
from falaai_chat.pending_replies import ExistingReply, NewReply, PendingReply
from falaai_chat.quota import RETRY_SECONDS, Quota
from falaai_chat.schemas import EditInput, MessageInput

Pending = TypeVar("Pending", bound=PendingReply)


@dataclass(frozen=True)
class Attempt:
    """One run of a transaction: its key, and the share of the ceiling that it counts its message in."""

    quota: Quota
    share: int
    key: str


def ask(database: Database, session: Session, question: MessageInput, quota: Quota) -> PendingReply:
    """Store a question in the conversation it names, else in the session's active one, else in a new one.

    `nova` asks for a new conversation. The same client_id with the same text is the same question: nothing is stored,
    and a failed reply is generated again. Raises NotFound for another user's conversation, Conflict for a client_id
    with another text, NotSignedIn for a session that has ended or that is not of the question's `user_id`,
    QuotaReached, CeilingReached, TooManyReplies, TooManyFollowers.
    """
    if question.user_id not in (None, session.user_id):
        raise NotSignedIn("the question names another user")
    return _commit(database, session, quota, lambda sql, attempt: _ask(sql, session, question, attempt))


def regenerate_reply(database: Database, session: Session, reply_id: int, quota: Quota) -> NewReply:
    """Empty a reply so that it is generated again: the last one, or any that failed or was interrupted.

    Raises NotFound, StillAnswering, NotTheLast, QuotaReached, CeilingReached, TooManyReplies, NotSignedIn.
    """
    return _commit(database, session, quota, lambda sql, attempt: _regenerate(sql, session, reply_id, attempt))


def edit_question(
    database: Database, session: Session, question_id: int, edit: EditInput, quota: Quota
) -> PendingReply:
    """Replace a question's text, delete the messages after it, and add a row for the new reply.

    Raises MoreFollows if the edit would delete more messages than it allows, NotFound, Conflict, QuotaReached,
    CeilingReached, TooManyReplies, TooManyFollowers, NotSignedIn.
    """
    return _commit(database, session, quota, lambda sql, attempt: _edit(sql, session, question_id, edit, attempt))


def _commit(
    database: Database, session: Session, quota: Quota, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    """Run `work` in a transaction that counts its message in the user's own share of the ceiling.

    If that share is full, the transaction is rolled back and runs again with a share that has room. A full share
    stays full until midnight, so the number of runs is bounded.
    """
    attempt = Attempt(quota, session.user_id % SHARES, new_transaction_key())
    for runs_left in reversed(range(SHARES + 1)):
        try:
            return _run(database, session, attempt, work)
        except CeilingReached:
            share = quota.find_share_with_room(database, session)
            if share is None or not runs_left:
                raise
            attempt = replace(attempt, share=share)
    raise AssertionError("the last run returns or raises")


def _run(
    database: Database, session: Session, attempt: Attempt, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    def has_committed(sql: Statements) -> bool:
        sessions.lock_session(sql, session, day_of(session.now))  # waits for a commit under way
        return messages.has_transaction_key(sql, session.user_id, attempt.key)

    return database.transaction(lambda sql: work(sql, attempt), has_committed)


def _ask(sql: Statements, session: Session, question: MessageInput, attempt: Attempt) -> PendingReply:
    locked = _lock_session(sql, session)
    if repeated := _find_repeated_question(sql, session, question):
        return _answer_repeated_question(sql, locked, repeated, attempt)
    conversation_id, reply_seq, is_new = _reserve_seq(sql, locked.session, question)
    question_id = messages.add_exchange(
        sql, conversation_id, reply_seq, question.message, question.client_id, attempt.key
    )
    first = Context(question_id, (Turn(reply_seq - 1, "usuario", question.message),), summary="", is_untitled=True)
    return _new_reply(sql, locked, attempt, conversation_id, reply_seq, first if is_new else None)


def _regenerate(sql: Statements, session: Session, reply_id: int, attempt: Attempt) -> NewReply:
    locked = _lock_session(sql, session)
    found = messages.lock_message(sql, session.user_id, reply_id)
    if found is None or found.message.author != "ia":
        raise NotFound("message")
    reply = found.message
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE and reply.seq != found.last_seq:
        raise NotTheLast("a complete reply that is not the last")
    return _restart_reply(sql, locked, attempt, reply)


def _edit(sql: Statements, session: Session, question_id: int, edit: EditInput, attempt: Attempt) -> PendingReply:
    locked = _lock_session(sql, session)
    if repeated := _find_repeated_question(sql, session, edit):
        return _answer_repeated_question(sql, locked, repeated, attempt)
    found = messages.lock_message(sql, session.user_id, question_id)
    if found is None or found.message.author != "usuario":
        raise NotFound("message")
    question, reply_seq = found.message, found.message.seq + 1
    if edit.seguintes is not None and found.last_seq - reply_seq > edit.seguintes:
        raise MoreFollows("messages came after the person was told how many there are")
    messages.delete_after(sql, question.conversation_id, question.seq)
    messages.update_question(sql, question.id, edit.message, edit.client_id)
    messages.add_reply(sql, question.conversation_id, reply_seq, attempt.key)
    conversations.truncate_after(sql, session.user_id, question.conversation_id, reply_seq)
    return _new_reply(sql, locked, attempt, question.conversation_id, reply_seq)


def _lock_session(sql: Statements, session: Session) -> LockedSession:
    """Lock the session, its account and the account's counter of today. Raises NotSignedIn."""
    locked = sessions.lock_session(sql, session, day_of(session.now))
    if locked is None:
        raise NotSignedIn("the session has ended")
    return locked


def _find_repeated_question(sql: Statements, session: Session, question: MessageInput | EditInput) -> Message | None:
    """Return the question that was stored with this client_id before. Raises Conflict if its text is another."""
    if not question.client_id:
        return None
    known = messages.find_question(sql, session.user_id, question.client_id)
    if known and known.text != question.message:
        raise Conflict("client_id used for another text")
    return known


def _answer_repeated_question(
    sql: Statements, locked: LockedSession, question: Message, attempt: Attempt
) -> PendingReply:
    """Return the reply that the question has; generate it again if it failed or was interrupted."""
    session = locked.session
    conversation = conversations.lock_conversation(sql, session.user_id, question.conversation_id)
    reply = messages.find_by_seq(sql, question.conversation_id, question.seq + 1)
    if conversation is None or reply is None:
        raise NotFound("reply")
    if reply.state is State.GENERATING and not acquire(sql, FOLLOWERS_AT_ONCE, session.user_id):
        ids = {"conversation_id": conversation.id, "question_id": question.id, "message_id": reply.id}
        raise TooManyFollowers(RETRY_SECONDS).about(**ids, seq=reply.seq)
    if reply.state in (State.GENERATING, State.COMPLETE):
        return ExistingReply(session, conversation.id, question.id, reply)
    return _restart_reply(sql, locked, attempt, reply)


def _reserve_seq(sql: Statements, session: Session, question: MessageInput) -> tuple[int, int, bool]:
    """Lock the conversation of a question, or add a new one.

    Returns its id, the seq of the reply after the question, and whether the conversation is new.
    """
    active = None if question.nova else session.active_conversation_id
    conversation_id = question.conversation_id or active
    if conversation_id is not None:
        reply_seq = conversations.reserve_seq(sql, session.user_id, conversation_id, by=2)
        if reply_seq is not None:
            return conversation_id, reply_seq, False
    if question.conversation_id is not None:
        raise NotFound("conversation")
    return conversations.add_conversation(sql, session.user_id, last_seq=2), 2, True


def _restart_reply(sql: Statements, locked: LockedSession, attempt: Attempt, reply: Message) -> NewReply:
    generation = messages.update_restarted_reply(sql, reply, attempt.key)
    conversations.update_before_restart(sql, locked.session.user_id, reply.conversation_id, reply.seq)
    return _new_reply(sql, locked, attempt, reply.conversation_id, reply.seq, generation=generation)


def _new_reply(
    sql: Statements,
    locked: LockedSession,
    attempt: Attempt,
    conversation_id: int,
    reply_seq: int,
    context: Context | None = None,
    generation: int = 1,
) -> NewReply:
    """Check the number of running replies, load the context, set the active conversation and count the message.

    A new conversation has no older messages to load: its `context` is given.
    """
    session = locked.session
    running = messages.list_running(sql, session.user_id)
    attempt.quota.check_running(len(running))
    (reply_id,) = (one.id for one in running if (one.conversation_id, one.seq) == (conversation_id, reply_seq))
    context = context or transcripts.find_context(sql, session.user_id, conversation_id, reply_seq)
    if context is None:
        raise NotFound("question")
    if session.active_conversation_id != conversation_id:
        sessions.update_active_conversation(sql, session.id, conversation_id)
    left = attempt.quota.take(sql, locked, attempt.share)
    return NewReply(
        session=session,
        conversation_id=conversation_id,
        question_id=context.question_id,
        reply_id=reply_id,
        reply_seq=reply_seq,
        generation=generation,
        turns=context.turns,
        summary=context.summary,
        is_untitled=context.is_untitled,
        left=left,
    )
