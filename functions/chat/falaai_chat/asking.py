"""Taking a question: it is stored and committed, with a place for its reply, before the model is called."""

from dataclasses import dataclass, replace

from falaai.conversation_memory import Turn
from falaai.database import Database, Statements
from falaai.errors import Conflict, NotFound, NotTheLast, StillAnswering
from falaai.repositories import conversations, messages, sessions
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai_chat.inputs import EditInput, MessageInput
from falaai_chat.quota import Quota

# More turns than this never fit into the memory's limit; it bounds the read of a conversation that was never folded.
TURNS_READ = 400


@dataclass(frozen=True)
class Asked:
    """A stored question, the row its reply goes to, and what the model may know.

    `standing` is a reply that is there already, or is being generated elsewhere, because the same question came
    before; then there is nothing to generate, and nothing was counted. `left` is how many messages the person has
    left today.
    """

    session: Session
    conversation: Conversation
    question_id: int
    reply_id: int
    reply_seq: int
    generation: int = 1
    turns: tuple[Turn, ...] = ()
    standing: Message | None = None
    left: int | None = None


def ask(database: Database, session: Session, question: MessageInput, quota: Quota) -> Asked:
    """Store the question in the conversation it names, else in the session's active one, else in a new one.

    The same client_id again is the same question: nothing is stored, and a reply that failed is tried again.
    Raises NotFound for a conversation of somebody else, Conflict for a client_id with another text, QuotaReached,
    CeilingReached.
    """
    return database.transaction(lambda sql: _ask(sql, session, question, quota))


def ask_again(database: Database, session: Session, reply_id: int, quota: Quota) -> Asked:
    """Empty a reply to have it generated again: the last one, or any that failed or was interrupted.

    Raises NotFound, StillAnswering, NotTheLast, QuotaReached, CeilingReached.
    """
    return database.transaction(lambda sql: _ask_again(sql, session, reply_id, quota))


def ask_instead(database: Database, session: Session, question_id: int, edit: EditInput, quota: Quota) -> Asked:
    """Replace a question's text, drop everything that followed it, and make a place for the new reply.

    Raises NotFound, QuotaReached, CeilingReached.
    """
    return database.transaction(lambda sql: _ask_instead(sql, session, question_id, edit, quota))


def _ask(sql: Statements, session: Session, question: MessageInput, quota: Quota) -> Asked:
    wanted_id = question.conversation_id
    # Locked first, so that the same question twice at once finds itself below.
    active_id = sessions.lock_active_conversation(sql, session.id) if wanted_id is None else None
    locked = _conversation_to_write(sql, session, wanted_id) if wanted_id is not None else None
    if question.client_id:
        known = messages.find_question(sql, session.user_id, question.client_id)
        if known:
            return _asked_before(sql, session, known, question.message, quota)
    conversation = locked or _active_or_new(sql, session, active_id)
    seq = conversation.last_seq + 1
    question_id = messages.add_question(sql, conversation.id, seq, question.message, question.client_id)
    reply_id = messages.add_reply(sql, conversation.id, seq + 1)
    conversations.advance(sql, session.user_id, conversation.id, seq + 1)
    if conversation.id not in (active_id, session.active_conversation_id):
        sessions.change_active_conversation(sql, session.id, conversation.id)
    turns = _turns(sql, conversation, seq)
    left = quota.take(sql, session.user_id, session.now)  # last: everybody's counter stays locked until the commit
    return Asked(session, conversation, question_id, reply_id, seq + 1, turns=turns, left=left)


def _active_or_new(sql: Statements, session: Session, active_id: int | None) -> Conversation:
    if active_id is not None:
        active = conversations.find_conversation_to_write(sql, session.user_id, active_id)
        if active:
            return active
    return _conversation_to_write(sql, session, conversations.add_conversation(sql, session.user_id))


def _conversation_to_write(sql: Statements, session: Session, conversation_id: int) -> Conversation:
    found = conversations.find_conversation_to_write(sql, session.user_id, conversation_id)
    if found is None:
        raise NotFound("conversation")
    return found


def _asked_before(sql: Statements, session: Session, known: Message, text: str, quota: Quota) -> Asked:
    if known.text != text:
        raise Conflict("client_id used for another text")
    conversation = _conversation_to_write(sql, session, known.conversation_id)
    reply = messages.find_by_seq(sql, conversation.id, known.seq + 1)
    if reply is None:
        raise NotFound("reply")
    if reply.state in (State.GENERATING, State.COMPLETE):
        return Asked(session, conversation, known.id, reply.id, reply.seq, standing=reply)
    return _restart(sql, session, conversation, known.id, reply, quota)


def _ask_again(sql: Statements, session: Session, reply_id: int, quota: Quota) -> Asked:
    conversation, reply = _message_to_write(sql, session, reply_id, "ia")
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if reply.state is State.COMPLETE and reply.seq != conversation.last_seq:
        raise NotTheLast("a complete reply that is not the last")
    question = messages.find_by_seq(sql, conversation.id, reply.seq - 1)
    if question is None:
        raise NotFound("question")
    return _restart(sql, session, conversation, question.id, reply, quota)


def _restart(
    sql: Statements, session: Session, conversation: Conversation, question_id: int, reply: Message, quota: Quota
) -> Asked:
    generation = messages.restart_reply(sql, reply)
    if conversation.summary_until_seq >= reply.seq:  # the summary tells what came later; the messages are still there
        conversation = replace(conversation, summary="", summary_until_seq=0)
    turns = _turns(sql, conversation, reply.seq - 1)
    left = quota.take(sql, session.user_id, session.now)
    return Asked(session, conversation, question_id, reply.id, reply.seq, generation, turns, left=left)


def _ask_instead(sql: Statements, session: Session, question_id: int, edit: EditInput, quota: Quota) -> Asked:
    conversation, question = _message_to_write(sql, session, question_id, "usuario")
    if edit.client_id:
        known = messages.find_question(sql, session.user_id, edit.client_id)
        if known:
            return _asked_before(sql, session, known, edit.message, quota)
    messages.delete_after(sql, conversation.id, question.seq)
    messages.change_question(sql, question.id, edit.message, edit.client_id)
    if conversation.summary_until_seq >= question.seq:
        conversations.forget_summary(sql, session.user_id, conversation.id)
        conversation = replace(conversation, summary="", summary_until_seq=0)
    reply_id = messages.add_reply(sql, conversation.id, question.seq + 1)
    conversations.advance(sql, session.user_id, conversation.id, question.seq + 1)
    turns = _turns(sql, conversation, question.seq)
    left = quota.take(sql, session.user_id, session.now)
    return Asked(session, conversation, question.id, reply_id, question.seq + 1, turns=turns, left=left)


def _message_to_write(
    sql: Statements, session: Session, message_id: int, author: str
) -> tuple[Conversation, Message]:
    """A message of this person's and its conversation, locked; read again under the lock."""
    found = messages.find_message(sql, session.user_id, message_id)
    if found is None or found.author != author:
        raise NotFound("message")
    conversation = _conversation_to_write(sql, session, found.conversation_id)
    message = messages.find_message(sql, session.user_id, message_id)
    if message is None:
        raise NotFound("message")
    return conversation, message


def _turns(sql: Statements, conversation: Conversation, until_seq: int) -> tuple[Turn, ...]:
    after = conversation.summary_until_seq
    return tuple(messages.list_newest_turns(sql, conversation.id, after, until_seq, TURNS_READ))
