"""The export of a user's personal data."""

import base64
from datetime import date, datetime
from typing import Any

from falaai.database import Database, Row
from falaai.repositories import personal_data
from falaai.repositories.sessions import Session
from falaai_auth.picture_store import PictureStore
from falaai_auth.profile import get_user


def export_data(database: Database, store: PictureStore, session: Session) -> dict[str, Any]:
    """Collect the user's rows of every table, and the profile picture.

    The password hash and the keys of sessions and links are left out.

    Returns lists of rows by table, and the picture as base64 in `foto_webp_base64`.
    Raises NotSignedIn, DatabaseUnavailable, PicturesUnavailable.
    """
    user = get_user(database, session)
    tables = personal_data.list_rows(database, user.id)
    picture = store.find(user.picture) if user.picture else None
    return {
        **{table: [_to_json(row) for row in rows] for table, rows in tables.items()},
        "foto_webp_base64": base64.b64encode(picture).decode() if picture else None,
    }


def _to_json(row: Row) -> dict[str, Any]:
    return {
        name: value.isoformat() + ("Z" if isinstance(value, datetime) else "") if isinstance(value, date) else value
        for name, value in row.items()
    }
