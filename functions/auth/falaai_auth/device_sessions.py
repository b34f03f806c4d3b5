"""Ending the user's sessions on other devices.

Each statement commits by itself. If the answer to a deletion is lost, the deletion runs again and finds no rows.
Therefore the result for the user comes from a list of sessions that is read before the deletion.
"""

from falaai.database import Database
from falaai.errors import NotFound
from falaai.repositories import sessions
from falaai.repositories.sessions import Session


def end_session(database: Database, session: Session, session_id: int) -> None:
    """End one session of the user; its device is signed out at its next request. Raises NotFound."""
    if session_id not in {device.id for device in sessions.list_devices(database, session.user_id)}:
        raise NotFound("session")
    sessions.delete_session_of(database, session.user_id, session_id)


def end_other_sessions(database: Database, session: Session) -> int:
    """End all sessions of the user except this one. Returns the number of devices that are signed out."""
    others = [device for device in sessions.list_devices(database, session.user_id) if device.id != session.id]
    sessions.delete_other_sessions(database, session.user_id, session.id)
    return len(others)
