"""Everything that is held of a person: to take away, or to delete."""

import base64
from datetime import date, datetime
from typing import Any

from falaai.database import Database, Row, Statements
from falaai.repositories import personal_data
from falaai.repositories.sessions import Session
from falaai_auth.carried_usage import keep_usage
from falaai_auth.picture_store import PictureStore
from falaai_auth.profile import forget_picture, get_user
from falaai_auth.reauthentication import confirm_password


def export(database: Database, store: PictureStore, session: Session) -> dict[str, Any]:
    """Every row of every table that is about this person, but for what would open the account; the picture too."""
    user = get_user(database, session)
    tables = personal_data.list_rows(database, user.id)
    picture = store.find(user.picture) if user.picture else None
    return {
        **{table: [_plain(row) for row in rows] for table, rows in tables.items()},
        "foto_webp_base64": base64.b64encode(picture).decode() if picture else None,
    }


def delete_account(database: Database, store: PictureStore, session: Session, password: str) -> None:
    """For good: every row, every session, the picture. Raises InvalidInput, TooManyRequests, DatabaseUnavailable."""
    user = get_user(database, session)
    confirm_password(database, user, session, password)

    def delete(sql: Statements) -> None:
        keep_usage(sql, session)
        personal_data.delete_rows(sql, user.id)

    database.transaction(delete)
    if user.picture:
        forget_picture(store, user.picture)


def _plain(row: Row) -> dict[str, Any]:
    return {
        name: value.isoformat() + ("Z" if isinstance(value, datetime) else "") if isinstance(value, date) else value
        for name, value in row.items()
    }
