"""Taking a question: store and commit it, with a row for its reply, before the model is called.

Each use case is one transaction of `counted_transactions`.
"""

from collections.abc import Collection, Sequence

from falaai.database import Database, Statements
from falaai.errors import AttachmentNotReady, NotFound, NotSignedIn, NotTheLast, StillAnswering
from falaai.rate_limits import LEFT_QUESTION, is_marked
from falaai.repositories import abandoned_replies, conversations, exchanges, sent_attachments, versions
from falaai.repositories.messages import State
from falaai.repositories.sessions import Session
from falaai_chat.pending_replies import NewReply, PendingReply
from falaai_chat.questions.counted_transactions import Attempt, commit
from falaai_chat.questions.new_replies import new_reply, restart_reply, shown_message, subtract_abandoned
from falaai_chat.questions.place import reserve_seq
from falaai_chat.questions.repeated import answer_repeated_question, find_repeated_question
from falaai_chat.quota import Limits
from falaai_chat.schemas import EditInput, MessageInput


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
    return commit(database, session, limits, lambda sql, attempt: _ask(sql, session, question, attempt))


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

    return commit(database, session, limits, work)


def edit_question(
    database: Database, session: Session, question_id: int, edit: EditInput, limits: Limits
) -> PendingReply:
    """Add a new version of a question with a row for its reply. The old one and all after it are hidden.

    The new version has attachments of its own, with the same files.

    Raises NotFound, Conflict, OtherVersionShown, QuotaReached, CeilingReached, TooManyReplies, TooManyFollowers,
    NotSignedIn.
    """
    return commit(database, session, limits, lambda sql, attempt: _edit(sql, session, question_id, edit, attempt))


def _ask(sql: Statements, session: Session, question: MessageInput, attempt: Attempt) -> PendingReply:
    used = attempt.limits.count_for_user(sql, session.user_id, attempt.day)
    if question.client_id:
        stored = exchanges.lock_exchanges(sql, session.user_id, question.client_id)
        if repeated := find_repeated_question(stored, question):
            return answer_repeated_question(sql, session, attempt, used, repeated, stored, question.reler)
    if question.temporaria and is_marked(sql, LEFT_QUESTION, session.user_id, question.client_id):
        # Its page was left before it arrived (see `close_begun`).
        raise NotFound("temporary conversation")
    conversation_id, reply_seq = reserve_seq(sql, session, question)
    limits = attempt.limits
    question_id = exchanges.add_exchange(
        *(sql, conversation_id, reply_seq, question.message, question.client_id, attempt.key, limits.mode),
        searches=limits.searches,
    )
    _send_attachments(sql, session.user_id, conversation_id, question_id, question.anexos)
    return new_reply(sql, session, attempt, used, conversation_id, reply_seq, question.reler)


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
    reply = shown_message(found)
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE and reply.seq != found.last_seq:
        raise NotTheLast("a complete reply that is not the last")
    return restart_reply(sql, session, attempt, used, found, reread)


def _edit(sql: Statements, session: Session, question_id: int, edit: EditInput, attempt: Attempt) -> PendingReply:
    used = attempt.limits.count_for_user(sql, session.user_id, attempt.day)
    stored = exchanges.lock_exchanges(sql, session.user_id, edit.client_id, question_id)
    if repeated := find_repeated_question(stored, edit):
        return answer_repeated_question(sql, session, attempt, used, repeated, stored, edit.reler)
    found = next((one for one in stored if one.message.id == question_id), None)
    if found is None:
        raise NotFound("message")
    question, reply_seq = shown_message(found), found.message.seq + 1
    dead = next((one for one in stored if one.abandoned_empty_at and one.message.seq == reply_seq), None)
    if dead:
        used = subtract_abandoned(sql, session, attempt, used, dead)
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
    return new_reply(sql, session, attempt, used, question.conversation_id, reply_seq, edit.reler)
