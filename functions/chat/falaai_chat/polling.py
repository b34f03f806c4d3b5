"""Reading a reply that another request generates, from the text that it saves about once a second."""

import time
from collections.abc import Iterator

from falaai.database import Database
from falaai.errors import ModelTimedOut, NotFound
from falaai.repositories import messages
from falaai.repositories.messages import Message, State
from falaai.repositories.sessions import Session

POLL_SECONDS = 0.25


def get_reply(database: Database, session: Session, reply_id: int) -> Message:
    """Return a reply of the session's user as it is stored. Raises NotFound, also for another user's reply."""
    reply = messages.find_message(database, session.user_id, reply_id)
    if reply is None or reply.author != "ia":
        raise NotFound("reply")
    return reply


def poll_reply(database: Database, session: Session, reply_id: int, seconds: float) -> Iterator[Message]:
    """Yield the reply at each look until it has ended. Raises ModelTimedOut after `seconds`, and NotFound."""
    deadline = time.monotonic() + seconds
    while True:
        reply = get_reply(database, session, reply_id)
        yield reply
        if reply.state is not State.GENERATING:
            return
        if time.monotonic() > deadline:
            raise ModelTimedOut("the followed reply did not end in time")
        time.sleep(POLL_SECONDS)
