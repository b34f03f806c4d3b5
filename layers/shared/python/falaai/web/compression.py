"""Compression of pages and JSON with gzip."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

MINIMUM_BYTES = 1024
# A higher level makes a page 1 % smaller and takes twice as long.
LEVEL = 6


class Compression:
    """Compress answers of more than MINIMUM_BYTES; streams, images and compressed files stay as they are.

    The length of a compressed answer tells how much of it repeats. So another site that sends requests with a user's
    cookie could guess private text. Answers to such requests are not compressed (docs/security.md).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressing = GZipMiddleware(app, minimum_size=MINIMUM_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._plain if scope["type"] == "http" and _is_risky(Headers(scope=scope)) else self._compressing
        await app(scope, receive, send)


def _is_risky(headers: Headers) -> bool:
    """Return whether another site caused this request and the browser sent the user's cookie with it."""
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and "cookie" in headers
