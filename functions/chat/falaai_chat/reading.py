"""Opening a conversation."""

from falaai.database import Statements
from falaai.errors import NotFound
from falaai.repositories import conversations, sessions
from falaai.repositories.conversations import Conversation
from falaai.repositories.sessions import Session


def open_conversation(sql: Statements, session: Session, conversation_id: int) -> Conversation:
    """The conversation, from now on the session's active one. Raises NotFound, also for somebody else's."""
    conversation = conversations.find_conversation(sql, session.user_id, conversation_id)
    if conversation is None:
        raise NotFound("conversation")
    if session.active_conversation_id != conversation.id:
        sessions.change_active_conversation(sql, session.id, conversation.id)
    return conversation
