"""Switching between versions of a conversation: an edited question, or a reply that was generated again.

A switch hides the shown messages from some place on and shows a hidden branch there. It deletes nothing.
"""

from falaai.database import Statements
from falaai.errors import NotFound, OtherVersionShown, StillAnswering
from falaai.repositories import conversations, messages, usage, versions
from falaai.repositories.messages import Message
from falaai.repositories.sessions import Session
from falaai.repositories.transcripts import Page
from falaai.repositories.versions import Branch
from falaai.sao_paulo import day_of
from falaai_chat.conversation_changes import read_page


def switch_version(sql: Statements, session: Session, message_id: int, number: int | None, limit: int) -> Page:
    """Show version `number` in the place of a shown message; without a number, the message itself.

    Everything that followed the version is shown again. Returns the newest `limit` messages.
    Raises NotFound for an unknown message or number, OtherVersionShown for a number beside a hidden message, and
    StillAnswering while a reply of the conversation is being generated.
    """
    # Locks the user's counter, as questions do, so that a switch never meets one of them half done.
    day = day_of(session.now)
    usage.add_message(sql, session.user_id, day)
    usage.delete_message(sql, session.user_id, day)
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
