"""FastAPI dependencies of the admin function. Every route below /admin has one of the two operators' sessions.

They are `async def`: FastAPI runs a plain function in another thread, which costs about half a millisecond.
"""

from typing import Annotated

from fastapi import Depends, Request

from falaai.errors import AdminsOnly, PasswordNeeded
from falaai.queues import Queues, queues
from falaai.repositories.sessions import Session
from falaai.roles import is_admin
from falaai.web.current_user import CurrentSession

# For this time after the password was confirmed, a session may change something.
CONFIRMED_SECONDS = 10 * 60


async def get_queues() -> Queues:
    return queues()


async def show_refusals(request: Request) -> None:
    """Let a refused request of a browser show the form that confirms the password."""
    request.state.form_page = "refused.html"


async def require_admin(session: CurrentSession) -> Session:
    """Return the operator's session. Raises AdminsOnly for any other user, NotSignedIn without a session."""
    if not is_admin(session.role, session.user_email):
        raise AdminsOnly("not an operator")
    return session


# The dependencies of each router below /admin.
OF_OPERATORS = (Depends(show_refusals), Depends(require_admin))
AdminSession = Annotated[Session, Depends(require_admin)]


async def require_confirmed_admin(session: AdminSession) -> Session:
    """Return the operator's session. Raises PasswordNeeded without a password in the last 10 minutes."""
    if not is_confirmed(session):
        raise PasswordNeeded("the password was not confirmed lately")
    return session


ConfirmedAdmin = Annotated[Session, Depends(require_confirmed_admin)]
Sender = Annotated[Queues, Depends(get_queues)]


def is_confirmed(session: Session) -> bool:
    """Return whether the session may change something: its password was confirmed in the last CONFIRMED_SECONDS."""
    return session.confirmed_seconds is not None and session.confirmed_seconds < CONFIRMED_SECONDS
