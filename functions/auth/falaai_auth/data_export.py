"""The export of a user's personal data as one JSON answer."""

import base64
import json

from falaai.database import Database
from falaai.errors import ExportTooLarge
from falaai.personal_archive import json_pieces
from falaai.repositories.sessions import Session
from falaai_auth.picture_store import PictureStore
from falaai_auth.profile import get_user

# Largest answer, in bytes as Lambda counts them: the text is in a JSON document, with escaped quotes and line breaks.
# Lambda's limit is 6 MB; the difference is reserved for the headers.
MOST_BYTES = 5_900_000


def export_data(database: Database, store: PictureStore, session: Session) -> str:
    """Return the user's rows of every table, and the profile picture as base64 in `foto_webp_base64`, as JSON.

    Raises ExportTooLarge if they do not fit into one answer, NotSignedIn, DatabaseUnavailable, PicturesUnavailable.
    """
    user = get_user(database, session)
    picture = store.find(user.picture) if user.picture else None
    text = base64.b64encode(picture).decode() if picture else None
    pieces, size = list[str](), 0
    for piece in json_pieces(database, user.id, foto_webp_base64=text):
        size += len(json.dumps(piece, ensure_ascii=False).encode())
        if size > MOST_BYTES:
            raise ExportTooLarge
        pieces.append(piece)
    return "".join(pieces)
