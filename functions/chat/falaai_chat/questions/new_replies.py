"""The row of a reply that is about to be generated: its context, its number of the try, and the user's limits."""

from collections.abc import Collection
from datetime import date

from falaai.database import Statements
from falaai.errors import NotFound, OtherVersionShown
from falaai.modes import SEARCH, Mode
from falaai.repositories import conversations, exchanges, transcripts, usage, versions
from falaai.repositories.exchanges import Locked
from falaai.repositories.messages import Message
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of
from falaai.stored_files import FilesOfReply
from falaai_chat.pending_replies import NewReply
from falaai_chat.prompts import find_files
from falaai_chat.questions.counted_transactions import Attempt
from falaai_chat.quota import Used


def new_reply(
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


def restart_reply(
    sql: Statements, session: Session, attempt: Attempt, used: Used, found: Locked, reread: Collection[int]
) -> NewReply:
    """Generate a reply again in its place. If it has text, that stays as a hidden version.

    An earlier try that was abandoned without text no longer counts.
    """
    reply, branch, version = shown_message(found), found.next_branch, found.message.version
    copy_id = None
    used = subtract_abandoned(sql, session, attempt, used, found)
    if reply.text:
        copy_id = versions.add_copy(sql, reply, found.parent_id, branch)
        version = reply.versions + 1
    limits = attempt.limits
    generation = exchanges.update_restarted_reply(
        sql, reply, attempt.key, version, limits.mode, searches=limits.searches, copy_id=copy_id
    )
    conversations.update_before_restart(sql, session.user_id, reply.conversation_id, reply.seq, branch + reply.seq)
    return new_reply(sql, session, attempt, used, reply.conversation_id, reply.seq, reread, generation)


def shown_message(found: Locked) -> Message:
    """Return the message. Raises OtherVersionShown if it is hidden."""
    if found.message.branch:
        raise OtherVersionShown("the message is hidden")
    return found.message


def subtract_abandoned(sql: Statements, session: Session, attempt: Attempt, used: Used, reply: Locked) -> Used:
    """Subtract a reply that was abandoned without text from the counts of its day.

    The caller ends or restarts it, so that it is subtracted once. Returns `used` without it.
    """
    if reply.abandoned_empty_at is None:
        return used
    day, message = day_of(reply.abandoned_empty_at), reply.message
    subtract_message(sql, session, day, message.mode, message.searches)
    if day != attempt.day:
        return used
    return Used(
        used.messages - (message.mode is attempt.limits.mode),
        used.searches - (message.searches and attempt.limits.searches),
    )


def subtract_message(sql: Statements, session: Session, day: date, mode: Mode, searches: bool) -> None:
    usage.delete_messages(sql, session.user_id, day, mode)
    if searches:
        usage.delete_messages(sql, session.user_id, day, SEARCH)
