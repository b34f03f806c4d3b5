"""Read, open, rename, pin, delete, restore and close a conversation, switch between versions, and rate replies.

The functions that read a row raise NotFound for an unknown conversation and for one of another user.
"""

from datetime import timedelta

from falaai.database import Database, Statements
from falaai.errors import NotFound, OtherVersionShown, QueueUnavailable, StillAnswering
from falaai.logs import logger
from falaai.modes import Mode
from falaai.queue_messages import CleanupRequested
from falaai.queues import Queues
from falaai.rate_limits import CLOSINGS_AN_HOUR, LEFT_QUESTION, mark, take
from falaai.repositories import (
    conversations,
    deletions,
    messages,
    ratings,
    sessions,
    temporary_conversations,
    transcripts,
    usage,
    versions,
)
from falaai.repositories.conversations import Conversation
from falaai.repositories.deletions import ERASED_AFTER_SECONDS
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai.repositories.transcripts import Page
from falaai.repositories.versions import Branch
from falaai.sao_paulo import day_of
from falaai_chat.schemas import ConversationChange, RatingInput

# Delay of the message that lets the cleanup delete the rows of a conversation.
ERASURE_DELAY_SECONDS = ERASED_AFTER_SECONDS + 5
# Messages that one statement deletes.
MESSAGES_AT_ONCE = 1000


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


def open_conversation(sql: Statements, session: Session, conversation: Conversation) -> None:
    """Make this the active conversation of the session, unless it is temporary. The caller has checked its owner."""
    if session.active_conversation_id != conversation.id and not conversation.is_temporary:
        sessions.update_active_conversation(sql, session.id, conversation.id)


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


def delete(sql: Statements, session: Session, queues: Queues, conversation_id: int) -> None:
    """Delete the conversation. For UNDO_SECONDS its user can undo that; then the cleanup deletes its rows.

    A reply under way is written to its end, so that nothing is missing if the deletion is undone. If the queue fails,
    the next daily cleanup deletes the rows.
    """
    if conversations.lock_conversation(sql, session.user_id, conversation_id) is None:
        raise NotFound("conversation")
    deletions.update_deleted(sql, session.user_id, conversation_id)
    sessions.update_no_active_conversation(sql, session.user_id, conversation_id)
    try:
        queues.send(CleanupRequested(only="deleted_conversations"), delay_seconds=ERASURE_DELAY_SECONDS)
    except QueueUnavailable as error:  # a person who deletes text must not wait for a queue
        logger().warning("erasure not requested", extra={"conversation_id": conversation_id, "reason": str(error)})


def close(sql: Statements, session: Session, conversation_id: int) -> None:
    """Delete a temporary conversation with all its messages, at once. It cannot be undone.

    A reply under way ends at its next save, which finds no row. Raises NotFound for any other conversation.
    """
    if not temporary_conversations.lock_temporary_conversation(sql, session.user_id, conversation_id):
        raise NotFound("temporary conversation")
    _delete_now(sql, session, conversation_id)


def close_begun(database: Database, session: Session, client_id: str) -> None:
    """Delete the temporary conversation that the question with this client_id began, for a page that left early.

    The page did not know the id yet. If the question has not arrived, it begins no conversation when it does.
    Raises TooManyRequests.
    """
    take(database, CLOSINGS_AN_HOUR, session.user_id)
    database.transaction(lambda sql: _close_begun(sql, session, client_id))


def _close_begun(sql: Statements, session: Session, client_id: str) -> None:
    # Waits for a question that is being stored, also for one from before midnight.
    day = day_of(session.now)
    usage.lock_messages(sql, session.user_id, day - timedelta(days=1))
    _lock_counter(sql, session)
    conversation_id = temporary_conversations.lock_begun_conversation(sql, session.user_id, client_id)
    if conversation_id is None:
        mark(sql, LEFT_QUESTION, session.user_id, client_id)
    else:
        _delete_now(sql, session, conversation_id)


def _lock_counter(sql: Statements, session: Session) -> None:
    """Lock the user's counter of the day, as questions do, so that this never meets one of them half done."""
    day = day_of(session.now)
    usage.add_message(sql, session.user_id, day)
    usage.delete_messages(sql, session.user_id, day, Mode.FAST)


def _delete_now(sql: Statements, session: Session, conversation_id: int) -> None:
    """Delete a conversation that is locked, with its messages."""
    while messages.delete_messages(sql, [conversation_id], MESSAGES_AT_ONCE) == MESSAGES_AT_ONCE:
        pass
    conversations.delete_conversation(sql, session.user_id, conversation_id)


def restore(sql: Statements, session: Session, conversation_id: int) -> Conversation:
    """Undo the deletion of a conversation. One that is not deleted stays as it is, so that a request may be repeated.

    Raises NotFound also if the deletion is older than UNDO_SECONDS.
    """
    deletions.update_restored(sql, session.user_id, conversation_id)
    return get_conversation(sql, session, conversation_id)


def newest_within(characters: int, found: list[Message]) -> list[Message]:
    """Return the newest messages that together have at most `characters` characters, but at least two messages."""
    for count, message in enumerate(reversed(found)):
        characters -= message.size
        if characters < 0 and count >= 2:
            return found[-count:]
    return found


def rate_reply(sql: Statements, session: Session, reply_id: int, written: RatingInput) -> None:
    """Store the rating of a reply that has ended, or take it back.

    Raises NotFound, also in a temporary conversation, and StillAnswering.
    """
    reply = _get_message(sql, session, reply_id)
    if reply.author != "ia" or get_conversation(sql, session, reply.conversation_id).is_temporary:
        raise NotFound("reply")
    if reply.state is State.GENERATING:
        raise StillAnswering("the reply is being generated")
    if written.nota is None:
        ratings.delete_rating(sql, session.user_id, reply_id, reply.generation)
    else:
        day = day_of(session.now)
        ratings.save_rating(sql, session.user_id, reply_id, written.nota, written.motivo, day)


def switch_version(sql: Statements, session: Session, message_id: int, number: int | None, limit: int) -> Page:
    """Show version `number` in the place of a shown message; without a number, the message itself.

    Everything that followed the version is shown again. Returns the newest `limit` messages.
    Raises NotFound for an unknown message or number, OtherVersionShown for a number beside a hidden message, and
    StillAnswering while a reply of the conversation is being generated.
    """
    _lock_counter(sql, session)
    conversation_id = _get_message(sql, session, message_id).conversation_id
    next_branch = versions.lock_next_branch(sql, session.user_id, conversation_id)
    if next_branch is None:
        raise NotFound("conversation")
    message = _get_message(sql, session, message_id)
    if versions.has_running_reply(sql, conversation_id):
        raise StillAnswering("a reply of the conversation is being generated")
    branches = versions.list_branches(sql, conversation_id)
    wanted = message.branch if number is None else _branch_of_version(sql, message, number, branches)
    _show(sql, session, conversation_id, path_to(wanted, branches), next_branch)
    return read_page(sql, session, conversation_id, limit)


def path_to(number: int, branches: list[Branch]) -> list[Branch]:
    """Return the branches to show, one after the other, so that this branch is shown. A shown one (0) needs none."""
    by_number = {branch.number: branch for branch in branches}
    path: list[Branch] = []
    while number:
        path.insert(0, by_number[number])
        number = by_number[number].parent_number
    return path


def _get_message(sql: Statements, session: Session, message_id: int) -> Message:
    message = messages.find_message(sql, session.user_id, message_id)
    if message is None:
        raise NotFound("message")
    return message


def _branch_of_version(sql: Statements, message: Message, number: int, branches: list[Branch]) -> int:
    """Return the branch of version `number` in the place of a shown message; 0 if it is the message itself."""
    if message.branch:
        raise OtherVersionShown("the message is hidden")
    before = messages.find_by_seq(sql, message.conversation_id, message.seq - 1)
    parent_id = before.id if before else 0
    found = [(message.version, message.id, 0)]
    found += [(one.version, one.first_id, one.number) for one in branches if one.parent_id == parent_id]
    if number > len(found):
        raise NotFound("version")
    return sorted(found)[number - 1][2]


def _show(sql: Statements, session: Session, conversation_id: int, path: list[Branch], next_branch: int) -> None:
    for branch in path:
        hidden = versions.update_hidden(sql, conversation_id, branch.seq, branch.parent_id, next_branch)
        versions.update_shown(sql, conversation_id, branch)
        next_branch += branch.seq + hidden
    if path:
        conversations.update_after_switch(sql, session.user_id, conversation_id, path[0].seq, next_branch)
