"""How large a request may be. Counted as it arrives, since a Content-Length is only a promise."""

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from falaai.web import texts

JSON_MAX_BYTES = 64 * 1024
# A picture of 2 MB and the rest of its form.
MULTIPART_MAX_BYTES = 2 * 1024 * 1024 + JSON_MAX_BYTES


def limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which raises a 413 once the body has passed the limit of its content type."""
    kind = dict(scope["headers"]).get(b"content-type", b"")
    limit = MULTIPART_MAX_BYTES if kind.startswith(b"multipart/form-data") else JSON_MAX_BYTES
    received = 0

    async def receive_within_limit() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            # FastAPI lets this one pass, and takes any other error here for broken JSON.
            raise HTTPException(413, texts.ERRORS["too_large"] if limit == JSON_MAX_BYTES else texts.PICTURE_LARGE)
        return message

    return receive_within_limit
