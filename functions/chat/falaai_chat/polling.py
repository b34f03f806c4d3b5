"""Following a reply that another process generates, by what it writes down about once a second."""

import time
from collections.abc import Iterator

from falaai.database import Database
from falaai.errors import ModelTimedOut, NotFound
from falaai.repositories import messages
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session

LOOK_EVERY_SECONDS = 0.25


def get_reply(database: Database, session: Session, reply_id: int) -> Message:
    """A reply of this person's as it stands. Raises NotFound, also for somebody else's."""
    reply = messages.find_message(database, session.user_id, reply_id)
    if reply is None or reply.author != "ia":
        raise NotFound("reply")
    return reply


def poll_reply(database: Database, session: Session, reply_id: int, seconds: float) -> Iterator[Message]:
    """The reply each time it is looked at, until it has ended. Raises ModelTimedOut after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        reply = get_reply(database, session, reply_id)
        yield reply
        if reply.state is not State.GENERATING:
            return
        if time.monotonic() > deadline:
            raise ModelTimedOut("the reply followed did not end in time")
        time.sleep(LOOK_EVERY_SECONDS)
