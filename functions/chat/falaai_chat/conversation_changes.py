"""Read, open, rename, pin and delete a conversation.

The functions that read a row raise NotFound for an unknown conversation and for one of another user.
"""

from falaai.database import Statements
from falaai.errors import NotFound
from falaai.repositories import conversations, messages, sessions, transcripts
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message
from falaai.repositories.sessions import Session
from falaai.repositories.transcripts import Page
from falaai.sao_paulo import day_of
from falaai_chat.schemas import ConversationChange


def get_conversation(sql: Statements, session: Session, conversation_id: int) -> Conversation:
    """Return one conversation of the session's user."""
    conversation = conversations.find_conversation(sql, session.user_id, conversation_id)
    if conversation is None:
        raise NotFound("conversation")
    return conversation


def read_page(
    sql: Statements, session: Session, conversation_id: int, limit: int, before_seq: int | None = None
) -> Page:
    """Return at most `limit` messages: the newest ones, or the newest ones before `before_seq`."""
    page = transcripts.find_page(sql, session.user_id, conversation_id, day_of(session.now), limit, before_seq)
    if page is None:
        raise NotFound("conversation")
    return page


def open_conversation(sql: Statements, session: Session, conversation_id: int) -> None:
    """Make this the active conversation of the session. The caller has checked its owner."""
    if session.active_conversation_id != conversation_id:
        sessions.update_active_conversation(sql, session.id, conversation_id)


def change(sql: Statements, session: Session, conversation_id: int, wanted: ConversationChange) -> Conversation:
    """Rename or pin the conversation. Neither counts as a use of it for retention.

    Returns the changed conversation.
    """
    get_conversation(sql, session, conversation_id)
    if wanted.titulo_conversa is not None:
        conversations.update_title(sql, session.user_id, conversation_id, wanted.titulo_conversa)
    if wanted.fixada is not None:
        conversations.update_pin(sql, session.user_id, conversation_id, wanted.fixada)
    return get_conversation(sql, session, conversation_id)


def delete(sql: Statements, session: Session, conversation_id: int) -> None:
    """Delete the conversation and its messages.

    Messages are deleted first, because not every server has foreign keys that cascade. The generation of a running
    reply ends when it finds that its row is missing.
    """
    if conversations.lock_conversation(sql, session.user_id, conversation_id) is None:
        raise NotFound("conversation")
    messages.delete_all(sql, conversation_id)
    sessions.update_no_active_conversation(sql, session.user_id, conversation_id)
    conversations.delete_conversation(sql, session.user_id, conversation_id)


def newest_within(characters: int, found: list[Message]) -> list[Message]:
    """Return the newest messages that together have at most `characters` characters, but at least two messages."""
    for count, message in enumerate(reversed(found)):
        characters -= len(message.text)
        if characters < 0 and count >= 2:
            return found[-count:]
    return found
