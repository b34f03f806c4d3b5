"""Check of the current password before a sensitive change."""

from falaai import rate_limits
from falaai.database import Database
from falaai.errors import InvalidInput, NotSignedIn
from falaai.repositories import sessions, users
from falaai.repositories.sessions import Session
from falaai.repositories.users import User
from falaai.web import texts
from falaai_auth.passwords import is_right_password


def confirm_password(database: Database, user: User, session: Session, password: str) -> None:
    """Check the current password.

    Raises InvalidInput for a wrong password, and TooManyRequests after too many wrong ones in this session. Failed
    sign-ins do not count: otherwise another person could stop the user from changing the password.
    """
    limit = rate_limits.WRONG_PASSWORD_IN_SESSION
    rate_limits.take(database, limit, session.id)
    if not is_right_password(password, user.password_hash):
        raise InvalidInput("senha_atual", texts.PASSWORD_WRONG)
    rate_limits.give_back(database, limit, session.id)


def confirm_session(database: Database, session: Session, password: str) -> None:
    """Check the password and store the time in the session, for acts of operators.

    Raises NotSignedIn, and the errors of `confirm_password`.
    """
    user = users.find_user(database, session.user_id)
    if user is None:
        raise NotSignedIn("the account is gone")
    confirm_password(database, user, session, password)
    sessions.update_confirmed(database, session.id)
