"""Taking a question: it is stored and committed, with a place for its reply, before the model is called."""

from dataclasses import dataclass

from falaai.conversation_memory import Turn
from falaai.database import Database, Statements
from falaai.errors import Conflict, NotFound, StillAnswering
from falaai.repositories import conversations, messages, sessions
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai_chat.inputs import MessageInput

# More turns than this never fit into the memory's limit; it bounds the read of a conversation that was never folded.
TURNS_READ = 400


@dataclass(frozen=True)
class Asked:
    """A stored question, the row its reply goes to, and what the model may know. `answered` is a reply that
    is already there because the same question came before."""

    conversation: Conversation
    reply_id: int
    reply_seq: int
    turns: tuple[Turn, ...] = ()
    answered: Message | None = None


def ask(database: Database, session: Session, question: MessageInput) -> Asked:
    """Store the question in the conversation it names, else in the session's active one, else in a new one.

    Raises NotFound for a conversation of somebody else, Conflict and StillAnswering for a client_id used before.
    """
    return database.transaction(lambda sql: _ask(sql, session, question))


def _ask(sql: Statements, session: Session, question: MessageInput) -> Asked:
    conversation = _conversation_to_write(sql, session, question.conversation_id)
    if question.client_id:
        known = messages.find_question(sql, conversation.id, question.client_id)
        if known:
            return _asked_before(sql, conversation, known, question.message)
    seq = conversation.last_seq + 1
    messages.add_question(sql, conversation.id, seq, question.message, question.client_id)
    reply_id = messages.add_reply(sql, conversation.id, seq + 1)
    conversations.advance(sql, session.user_id, conversation.id, seq + 1)
    if session.active_conversation_id != conversation.id:
        sessions.change_active_conversation(sql, session.id, conversation.id)
    return Asked(conversation, reply_id, seq + 1, _turns(sql, conversation, seq))


def _conversation_to_write(sql: Statements, session: Session, wanted_id: int | None) -> Conversation:
    conversation_id = wanted_id if wanted_id is not None else session.active_conversation_id
    if conversation_id is not None:
        found = conversations.find_conversation_to_write(sql, session.user_id, conversation_id)
        if found:
            return found
        if wanted_id is not None:
            raise NotFound("conversation")
    new_id = conversations.add_conversation(sql, session.user_id)
    new = conversations.find_conversation_to_write(sql, session.user_id, new_id)
    assert new is not None  # noqa: S101 - added above, in the same transaction
    return new


def _asked_before(sql: Statements, conversation: Conversation, known: Message, text: str) -> Asked:
    """The same question again: its reply if there is one, or another try at it in the same place."""
    if known.text != text:
        raise Conflict("client_id used for another text")
    reply = messages.find_by_seq(sql, conversation.id, known.seq + 1)
    if reply is None or reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE:
        return Asked(conversation, reply.id, reply.seq, answered=reply)
    messages.restart_reply(sql, reply.id)
    return Asked(conversation, reply.id, reply.seq, _turns(sql, conversation, known.seq))


def _turns(sql: Statements, conversation: Conversation, until_seq: int) -> tuple[Turn, ...]:
    after = conversation.summary_until_seq
    return tuple(messages.list_newest_turns(sql, conversation.id, after, until_seq, TURNS_READ))
