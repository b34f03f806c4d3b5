"""Where the next page of the list begins, as a word for the address bar."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from falaai.errors import InvalidInput
from falaai.repositories.conversations import Conversation, Cursor
from falaai.web import texts

_CURSOR = re.compile(r"([01])-(\d{1,16})-(\d{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


def encode_cursor(last: Conversation | Cursor) -> str:
    """The place right after `last`: pinned or not, microseconds since 1970, id."""
    return f"{int(last.is_pinned)}-{(last.updated_at - _EPOCH) // _MICROSECOND}-{last.id}"


def next_page(last: Conversation | Cursor, limit: int, search: str = "") -> str:
    """The path of the page of the list that begins right after `last`."""
    query = {"limit": limit, "cursor": encode_cursor(last), **({"q": search} if search else {})}
    return f"/conversations?{urlencode(query)}"


def decode_cursor(cursor: str) -> Cursor:
    """Raises InvalidInput for what encode_cursor never made."""
    found = _CURSOR.fullmatch(cursor)
    try:
        if found is None:
            raise ValueError(cursor)
        return Cursor(found[1] == "1", _EPOCH + int(found[2]) * _MICROSECOND, int(found[3]))
    except (ValueError, OverflowError):
        raise InvalidInput("cursor", texts.FIELD_OTHERWISE) from None
