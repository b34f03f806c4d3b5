"""Streamed responses of functions: read their metadata, and send them to the client in pieces."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

# Bytes between the metadata of a streamed response and its body.
_DELIMITER = bytes(8)
# API Gateway's limit in bytes for the metadata ("Lambda proxy integration with payload response streaming").
LARGEST_METADATA = 16 * 1024
_OWN_HEADERS = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class MalformedStream(Exception):
    """A streamed response does not begin with metadata and delimiter."""


@dataclass
class StreamedResponse:
    """A response whose status and headers have arrived. `pieces` ends with None; `failed` marks an early end."""

    status: int
    headers: list[tuple[str, str]]
    pieces: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    failed: bool = False


def split_metadata(begin: bytes) -> tuple[StreamedResponse, bytes] | None:
    """Split the bytes received so far into the response and the first bytes of its body.

    Returns None if the delimiter has not arrived yet. Raises MalformedStream.
    """
    metadata, delimiter, rest = begin.partition(_DELIMITER)
    if len(metadata) > LARGEST_METADATA:
        raise MalformedStream("A streamed response has no delimiter in its first 16 KB.")
    if not delimiter:
        return None
    try:
        given = json.loads(metadata)
        named = [*given.get("headers", {}).items(), *given.get("multiValueHeaders", {}).items()]
        headers = [(name, one) for name, value in named for one in (value if isinstance(value, list) else [value])]
        headers += [("Set-Cookie", cookie) for cookie in given.get("cookies", [])]
        return StreamedResponse(int(given["statusCode"]), headers), rest
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MalformedStream("The metadata of a streamed response is not valid.") from None


async def send_stream(request: web.BaseRequest, answer: StreamedResponse, deadline: float) -> web.StreamResponse:
    """Send a function's response to `request` in pieces. The function continues if the client disconnects.

    `deadline` is a time of time.monotonic(). If the deadline passes, or the function fails after its headers were
    sent, break the connection: the status can no longer report the error.
    """
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        while piece := await _next_piece(answer, deadline):
            await response.write(piece)
        if answer.failed and request.transport:
            request.transport.abort()
        await response.write_eof()
    return response


def _headers(answer: StreamedResponse) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in answer.headers if name.lower() not in _OWN_HEADERS)


async def _next_piece(answer: StreamedResponse, deadline: float) -> bytes | None:
    """Return the next piece, or None at the end or at the deadline."""
    left = deadline - time.monotonic()
    try:
        return await asyncio.wait_for(answer.pieces.get(), max(0.001, left))
    except TimeoutError:
        answer.failed = True
        return None
