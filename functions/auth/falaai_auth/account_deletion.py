"""Deletion of an account."""

from falaai.database import Database, Statements
from falaai.repositories import personal_data
from falaai.repositories.sessions import Session
from falaai_auth.carried_usage import keep_usage
from falaai_auth.picture_store import PictureStore
from falaai_auth.profile import delete_unused_picture, get_user
from falaai_auth.reauthentication import confirm_password


def delete_account(database: Database, store: PictureStore, session: Session, password: str) -> None:
    """Delete every row of the user, every session and the profile picture. This cannot be undone.

    Raises InvalidInput for a wrong password, NotSignedIn, TooManyRequests, DatabaseUnavailable.
    """
    user = get_user(database, session)
    confirm_password(database, user, session, password)

    def delete(sql: Statements) -> None:
        keep_usage(sql, session)
        personal_data.delete_rows(sql, user.id)

    database.transaction(delete)
    if user.picture:
        delete_unused_picture(store, user.picture)
