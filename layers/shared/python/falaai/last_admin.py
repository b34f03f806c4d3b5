"""The last operator stays one: checked wherever an operator's account is taken away."""

from falaai.database import Statements
from falaai.errors import LastAdmin
from falaai.repositories import people
from falaai.roles import admin_emails


def is_last_admin(sql: Statements, user_id: int) -> bool:
    """Return whether this account is the only operator who can sign in.

    Lock all operators until the transaction ends. It must run before the account itself is locked.
    """
    return people.lock_admins(sql, admin_emails()) == {user_id}


def keep_last_admin(sql: Statements, user_id: int) -> None:
    """Raise LastAdmin if this account is the only operator who can sign in. Otherwise as `is_last_admin`."""
    if is_last_admin(sql, user_id):
        raise LastAdmin("the last operator")
