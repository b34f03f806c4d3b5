"""Replies to stored questions: types of new and existing ones, and polling of one that another request generates."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from falaai.conversation_memory import NO_NOTES, PersonalNotes, Turn
from falaai.database import Database
from falaai.errors import ModelTimedOut, NotFound
from falaai.modes import Mode
from falaai.repositories import messages
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session
from falaai.stored_files import FilesOfReply

POLL_SECONDS = 0.25


@dataclass(frozen=True)
class NewReply:
    """A stored question, the row for its reply, and the context for the model.

    `generation` counts the tries to generate this reply. `left` is the number of messages that the user may still
    send today in this mode.
    """

    session: Session
    conversation_id: int
    question_id: int
    reply_id: int
    reply_seq: int
    generation: int
    turns: tuple[Turn, ...]
    summary: str
    is_untitled: bool
    left: int
    mode: Mode = Mode.FAST
    searches: bool = False
    files: FilesOfReply = field(default_factory=FilesOfReply)
    notes: PersonalNotes = NO_NOTES
    is_temporary: bool = False


@dataclass(frozen=True)
class ExistingReply:
    """A repeated question and its reply, which is complete or being generated. It does not count as a message."""

    session: Session
    conversation_id: int
    question_id: int
    reply: Message
    left: None = None

    @property
    def reply_id(self) -> int:
        return self.reply.id

    @property
    def mode(self) -> Mode:
        return self.reply.mode

    @property
    def reply_seq(self) -> int:
        return self.reply.seq


PendingReply = NewReply | ExistingReply


def get_reply(database: Database, session: Session, reply_id: int) -> Message:
    """Return a reply of the session's user as it is stored. Raises NotFound, also for another user's reply."""
    reply = messages.find_message(database, session.user_id, reply_id)
    if reply is None or reply.author != "ia":
        raise NotFound("reply")
    return reply


def poll_reply(database: Database, session: Session, reply_id: int, seconds: float) -> Iterator[Message]:
    """Read the reply repeatedly until it has ended, and yield it each time.

    Raises ModelTimedOut after `seconds`, and NotFound.
    """
    deadline = time.monotonic() + seconds
    while True:
        reply = get_reply(database, session, reply_id)
        yield reply
        if reply.state is not State.GENERATING:
            return
        if time.monotonic() > deadline:
            raise ModelTimedOut("the followed reply did not end in time")
        time.sleep(POLL_SECONDS)
