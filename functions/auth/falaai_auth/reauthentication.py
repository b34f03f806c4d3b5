"""Asking for the current password again, before what cannot be undone."""

from falaai import rate_limits
from falaai.database import Database
from falaai.errors import InvalidInput
from falaai.repositories.sessions import Session
from falaai.repositories.users import User
from falaai.web import texts
from falaai_auth.passwords import is_right_password


def confirm_password(database: Database, user: User, session: Session, password: str) -> None:
    """Raises InvalidInput for a wrong one and TooManyRequests after too many in this session.

    Sign-ins that fail elsewhere do not count here, so a stranger cannot keep a person from changing her password.
    """
    limit = rate_limits.WRONG_PASSWORD_IN_SESSION
    rate_limits.take(database, limit, session.id)
    if not is_right_password(password, user.password_hash):
        raise InvalidInput("senha_atual", texts.PASSWORD_WRONG)
    rate_limits.give_back(database, limit, session.id)
