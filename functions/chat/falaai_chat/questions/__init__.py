"""Taking a question: store and commit it, with a row for its reply, before the model is called.

Each use case is one transaction. Its first statement counts the message in the user's counter of the day and so locks
it: requests of one user run one after another, and each sees the questions and the running replies of the one before.
Its last statement counts the message in a share of the ceiling, a row that many users share.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import pymysql

from falaai.database import Database, Statements, new_transaction_key
from falaai.errors import (
    AttachmentNotReady,
    CeilingReached,
    Conflict,
    NotFound,
    NotSignedIn,
    NotTheLast,
    OtherVersionShown,
    StillAnswering,
    TooManyFollowers,
)
from falaai.modes import SEARCH, Mode
from falaai.rate_limits import FOLLOWERS_AT_ONCE, acquire
from falaai.repositories import (
    abandoned_replies,
    conversations,
    exchanges,
    sent_attachments,
    sessions,
    transcripts,
    usage,
    versions,
)
from falaai.repositories.exchanges import Locked
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai.repositories.usage import SHARES
from falaai.sao_paulo import day_of
from falaai.stored_files import FilesOfReply
from falaai.web import texts
from falaai_chat.pending_replies import ExistingReply, NewReply, PendingReply
from falaai_chat.prompts import find_files
from falaai_chat.quota import RETRY_SECONDS, Limits, Shares, Used
from falaai_chat.schemas import EditInput, MessageInput

Pending = TypeVar("Pending", bound=PendingReply)


@dataclass(frozen=True)
class Attempt:
    """One run of a transaction: its key, the day of its message, and the shares of the ceilings that count it."""

    limits: Limits
    day: date
    shares: Shares
    key: str


def ask(database: Database, session: Session, question: MessageInput, limits: Limits) -> PendingReply:
    """Store a question in the conversation it names, else in the session's active one, else in a new one.

    The reply has the mode of `limits`, and searches if they limit searches, here and in the other two.

    `nova` asks for a new conversation, which `temporaria` makes a temporary one. The same client_id with the same
    text, attachments and `buscar` is the same question: nothing is stored, and a failed reply is generated again.
    Raises NotFound for another user's conversation or attachment, AttachmentNotReady, Conflict for a client_id with
    anything else, NotSignedIn for a session that has ended or that is not of the question's `user_id`, QuotaReached,
    CeilingReached, TooManyReplies, TooManyFollowers.
    """
    if question.user_id not in (None, session.user_id):
        raise NotSignedIn("the question names another user")
    return _commit(database, session, limits, lambda sql, attempt: _ask(sql, session, question, attempt))


def regenerate_reply(
    database: Database, session: Session, reply_id: int, limits: Limits, reread: Collection[int] = ()
) -> NewReply:
    """Begin a new version of a reply: of the last one, or of any that failed or was interrupted.

    The old version is hidden, unless it has no text. The new one has the same id. The model reads the files of the
    question again, and those of `reread`.
    Raises NotFound, OtherVersionShown, StillAnswering, NotTheLast, QuotaReached, CeilingReached, TooManyReplies,
    NotSignedIn.
    """

    def work(sql: Statements, attempt: Attempt) -> NewReply:
        return _regenerate(sql, session, reply_id, attempt, reread)

    return _commit(database, session, limits, work)


def edit_question(
    database: Database, session: Session, question_id: int, edit: EditInput, limits: Limits
) -> PendingReply:
    """Add a new version of a question with a row for its reply. The old one and all after it are hidden.

    The new version has attachments of its own, with the same files.

    Raises NotFound, Conflict, OtherVersionShown, QuotaReached, CeilingReached, TooManyReplies, TooManyFollowers,
    NotSignedIn.
    """
    return _commit(database, session, limits, lambda sql, attempt: _edit(sql, session, question_id, edit, attempt))


def _commit(
    database: Database, session: Session, limits: Limits, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    """Run `work` in a transaction that counts its message in the user's own share of the ceilings.

    If a share is full, the transaction is rolled back and runs again with shares that have room. A full share stays
    full until midnight, so the number of runs is bounded.
    """
    own = session.user_id % SHARES
    attempt = Attempt(limits, day_of(session.now), Shares(own, own), new_transaction_key())
    for runs_left in reversed(range(2 * SHARES + 1)):
        try:
            return _run(database, session, attempt, work)
        except CeilingReached:
            if not runs_left:
                raise
            attempt = replace(attempt, shares=limits.find_shares_with_room(database, session))
    raise AssertionError("the last run returns or raises")


def _run(
    database: Database, session: Session, attempt: Attempt, work: Callable[[Statements, Attempt], Pending]
) -> Pending:
    def has_committed(sql: Statements) -> bool:
        usage.lock_messages(sql, session.user_id, attempt.day)  # waits for a commit whose answer was lost
        return exchanges.has_transaction_key(sql, session.user_id, attempt.key)

    return database.transaction(lambda sql: work(sql, attempt), has_committed)


def _ask(sql: Statements, session: Session, question: MessageInput, attempt: Attempt) -> PendingReply:
    used = attempt.limits.count_for_user(sql, session.user_id, attempt.day)
    if question.client_id:
        stored = exchanges.lock_exchanges(sql, session.user_id, question.client_id)
        if repeated := _find_repeated_question(stored, question):
            return _answer_repeated_question(sql, session, attempt, used, repeated, stored, question.reler)
    conversation_id, reply_seq = _reserve_seq(sql, session, question)
    limits = attempt.limits
    question_id = exchanges.add_exchange(
        *(sql, conversation_id, reply_seq, question.message, question.client_id, attempt.key, limits.mode),
        searches=limits.searches,
    )
    _send_attachments(sql, session.user_id, conversation_id, question_id, question.anexos)
    return _new_reply(sql, session, attempt, used, conversation_id, reply_seq, question.reler)


def _send_attachments(
    sql: Statements, user_id: int, conversation_id: int, question_id: int, attachment_ids: Sequence[int]
) -> None:
    """Give the user's uploads to a question that has just been stored.

    Raises AttachmentNotReady for an upload that is not ready, and NotFound for any other id that cannot be sent.
    """
    if not attachment_ids:
        return
    sent = sent_attachments.update_sent(sql, user_id, conversation_id, question_id, attachment_ids)
    if sent < len(attachment_ids):
        if sent_attachments.count_unfinished(sql, user_id, attachment_ids):
            raise AttachmentNotReady("an upload is not ready")
        raise NotFound("attachment")


def _regenerate(
    sql: Statements, session: Session, reply_id: int, attempt: Attempt, reread: Collection[int]
) -> NewReply:
    used = attempt.limits.count_for_user(sql, session.user_id, attempt.day)
    found = exchanges.lock_message(sql, session.user_id, reply_id)
    if found is None or found.message.author != "ia":
        raise NotFound("message")
    reply = _shown(found)
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE and reply.seq != found.last_seq:
        raise NotTheLast("a complete reply that is not the last")
    return _restart_reply(sql, session, attempt, used, found, reread)


def _edit(sql: Statements, session: Session, question_id: int, edit: EditInput, attempt: Attempt) -> PendingReply:
    used = attempt.limits.count_for_user(sql, session.user_id, attempt.day)
    stored = exchanges.lock_exchanges(sql, session.user_id, edit.client_id, question_id)
    if repeated := _find_repeated_question(stored, edit):
        return _answer_repeated_question(sql, session, attempt, used, repeated, stored, edit.reler)
    found = next((one for one in stored if one.message.id == question_id), None)
    if found is None:
        raise NotFound("message")
    question, reply_seq = _shown(found), found.message.seq + 1
    dead = next((one for one in stored if one.abandoned_empty_at and one.message.seq == reply_seq), None)
    if dead:
        used = _subtract_abandoned(sql, session, attempt, used, dead)
        abandoned_replies.update_abandoned_replies(sql, [dead.message.id])
    conversation_id, branch = question.conversation_id, found.next_branch
    conversations.truncate_after(sql, session.user_id, conversation_id, reply_seq, branch + found.last_seq)
    versions.update_hidden(sql, conversation_id, question.seq, found.parent_id, branch)
    new_version = question.versions + 1
    limits = attempt.limits
    new_id = exchanges.add_exchange(
        *(sql, conversation_id, reply_seq, edit.message, edit.client_id, attempt.key, limits.mode, new_version),
        searches=limits.searches,
    )
    if found.attachment_ids:
        sent_attachments.add_copies(sql, session.user_id, question_id, new_id)
    return _new_reply(sql, session, attempt, used, question.conversation_id, reply_seq, edit.reler)


def _shown(found: Locked) -> Message:
    """Return the message. Raises OtherVersionShown if it is hidden."""
    if found.message.branch:
        raise OtherVersionShown("the message is hidden")
    return found.message


def _find_repeated_question(stored: list[Locked], question: MessageInput | EditInput) -> Message | None:
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


def _answer_repeated_question(
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
        return _restart_reply(sql, session, attempt, used, found, reread)
    _subtract(sql, session, attempt.day, attempt.limits.mode, attempt.limits.searches)
    if reply.state is State.GENERATING and not acquire(sql, FOLLOWERS_AT_ONCE, session.user_id):
        ids = {"conversation_id": reply.conversation_id, "question_id": question.id, "message_id": reply.id}
        raise TooManyFollowers(RETRY_SECONDS).about(**ids, seq=reply.seq)
    return ExistingReply(session, reply.conversation_id, question.id, reply)


def _place(message: Message, seq: int) -> tuple[int, int, int]:
    return message.conversation_id, message.branch, seq


def _reserve_seq(sql: Statements, session: Session, question: MessageInput) -> tuple[int, int]:
    """Lock the conversation of a question, or add a new one, and make it the active one.

    Returns its id and the seq of the reply after the question.
    """
    active = None if question.nova else session.active_conversation_id
    conversation_id = question.conversation_id or active
    if conversation_id is not None:
        reply_seq = conversations.reserve_seq(sql, session.user_id, conversation_id, by=2)
        if reply_seq is not None:
            _use_session(sql, session, conversation_id)
            return conversation_id, reply_seq
    if question.conversation_id is not None:
        raise NotFound("conversation")
    try:
        title = texts.TEMPORARY_TITLE if question.temporaria else conversations.provisional_title(question.message)
        conversation_id = conversations.add_conversation(sql, session.user_id, title, 2, question.temporaria)
    except pymysql.IntegrityError as error:
        raise NotSignedIn("the account was deleted meanwhile") from error
    if question.nova:
        _use_session(sql, session, conversation_id)
        return conversation_id, 2
    return _first_conversation(sql, session, conversation_id)


def _first_conversation(sql: Statements, session: Session, conversation_id: int) -> tuple[int, int]:
    """Make a new conversation the active one. If another question was first and began one, continue that one."""
    active = sessions.set_first_conversation(sql, session, conversation_id)
    if active is None:
        raise NotSignedIn("the session has ended")
    if active == conversation_id:
        return conversation_id, 2
    conversations.delete_conversation(sql, session.user_id, conversation_id)
    reply_seq = conversations.reserve_seq(sql, session.user_id, active, by=2)
    if reply_seq is None:
        raise NotFound("conversation")
    return active, reply_seq


def _use_session(sql: Statements, session: Session, conversation_id: int) -> None:
    """Make the conversation the session's active one. Raises NotSignedIn if the session has ended."""
    if not sessions.set_active_conversation(sql, session.id, conversation_id):
        raise NotSignedIn("the session has ended")


def _restart_reply(
    sql: Statements, session: Session, attempt: Attempt, used: Used, found: Locked, reread: Collection[int]
) -> NewReply:
    """Generate a reply again in its place. If it has text, that stays as a hidden version.

    An earlier try that was abandoned without text no longer counts.
    """
    reply, branch, version = _shown(found), found.next_branch, found.message.version
    used = _subtract_abandoned(sql, session, attempt, used, found)
    if reply.text:
        versions.add_copy(sql, reply, found.parent_id, branch)
        version = reply.versions + 1
    limits = attempt.limits
    generation = exchanges.update_restarted_reply(
        sql, reply, attempt.key, version, limits.mode, searches=limits.searches
    )
    conversations.update_before_restart(sql, session.user_id, reply.conversation_id, reply.seq, branch + reply.seq)
    return _new_reply(sql, session, attempt, used, reply.conversation_id, reply.seq, reread, generation)


def _subtract_abandoned(sql: Statements, session: Session, attempt: Attempt, used: Used, reply: Locked) -> Used:
    """Subtract a reply that was abandoned without text from the counts of its day.

    The caller ends or restarts it, so that it is subtracted once. Returns `used` without it.
    """
    if reply.abandoned_empty_at is None:
        return used
    day, message = day_of(reply.abandoned_empty_at), reply.message
    _subtract(sql, session, day, message.mode, message.searches)
    if day != attempt.day:
        return used
    return Used(
        used.messages - (message.mode is attempt.limits.mode),
        used.searches - (message.searches and attempt.limits.searches),
    )


def _subtract(sql: Statements, session: Session, day: date, mode: Mode, searches: bool) -> None:
    usage.delete_messages(sql, session.user_id, day, mode)
    if searches:
        usage.delete_messages(sql, session.user_id, day, SEARCH)


def _new_reply(
    sql: Statements,
    session: Session,
    attempt: Attempt,
    used: Used,
    conversation_id: int,
    reply_seq: int,
    reread: Collection[int],
    generation: int = 1,
) -> NewReply:
    """Load the context of a stored reply, check the user's limits, and count the message in the shares."""
    context = transcripts.find_context(sql, session.user_id, conversation_id, reply_seq)
    if context is None:
        raise NotFound("question")
    files = FilesOfReply()
    if context.has_attachments or reread:
        question = (context.question_id, reply_seq - 1)
        files = find_files(sql, session.user_id, conversation_id, *question, reread)
    limits = attempt.limits
    limits.message.check_running(context.running)
    limits.check_messages(session, used)
    limits.take_from_shares(sql, session, attempt.shares)
    return NewReply(
        session=session,
        conversation_id=conversation_id,
        question_id=context.question_id,
        reply_id=context.reply_id,
        reply_seq=reply_seq,
        generation=generation,
        turns=context.turns,
        summary=context.summary,
        is_untitled=context.is_untitled,
        left=limits.message.left(used.messages),
        mode=limits.mode,
        searches=limits.searches,
        files=files,
        notes=context.notes,
        is_temporary=context.is_temporary,
    )
