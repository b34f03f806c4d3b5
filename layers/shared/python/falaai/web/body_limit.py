"""Limit of the request body, counted while it arrives: a Content-Length header can be wrong.

FastAPI's own `max_body_size` answers with plain text in English in place of our JSON or page, so it is not used.
"""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from falaai.web import texts

JSON_MAX_BYTES = 256 * 1024
# The largest form has a picture of 2 MB and other fields.
MULTIPART_MAX_BYTES = 2 * 1024 * 1024 + JSON_MAX_BYTES


def limited(scope: Scope, receive: Receive) -> Receive:
    """Wrap `receive` so that it raises a 413 when the body exceeds the limit of its content type."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    limit = MULTIPART_MAX_BYTES if kind.startswith(b"multipart/form-data") else JSON_MAX_BYTES
    received = 0

    async def receive_within_limit() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            # FastAPI passes an HTTPException on; it reports any other error here as invalid JSON.
            raise HTTPException(413, texts.ERRORS["too_large"] if limit == JSON_MAX_BYTES else texts.PICTURE_LARGE)
        return message

    return receive_within_limit
