"""The conversation of a new question, and its place in it."""

import pymysql

from falaai.database import Statements
from falaai.errors import NotFound, NotSignedIn
from falaai.repositories import conversations, sessions
from falaai.repositories.sessions import Session
from falaai.web import texts
from falaai_chat.schemas import MessageInput


def reserve_seq(sql: Statements, session: Session, question: MessageInput) -> tuple[int, int]:
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
