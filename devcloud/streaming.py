"""API Gateway's side of a web function: its answer goes on piece by piece, or whole where a route does not stream."""

import asyncio
import contextlib
import time

from aiohttp import web
from multidict import CIMultiDict

from devcloud.web_process import StreamedAnswer

_OWN_HEADERS = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


async def send_pieces(
    request: web.BaseRequest, answer: StreamedAnswer, deadline: float, streams: bool
) -> web.StreamResponse:
    """The response to `request`; the function goes on to its end even if the reader has left.

    A function that fails after its head, or passes `deadline` (time.monotonic()), leaves a broken connection, as
    there is no status left to say it with.
    """
    headers = CIMultiDict((name, value) for name, value in answer.headers if name.lower() not in _OWN_HEADERS)
    if not streams:
        pieces = [piece async for piece in _Pieces(answer, deadline)]
        return web.Response(status=answer.status, headers=headers, body=b"".join(pieces))
    response = web.StreamResponse(status=answer.status, headers=headers)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        async for piece in _Pieces(answer, deadline):
            await response.write(piece)
        if answer.failed and request.transport:
            request.transport.abort()
        await response.write_eof()
    return response


class _Pieces:
    """What comes until the end or the deadline."""

    def __init__(self, answer: StreamedAnswer, deadline: float) -> None:
        self._answer = answer
        self._deadline = deadline

    def __aiter__(self) -> "_Pieces":
        return self

    async def __anext__(self) -> bytes:
        left = self._deadline - time.monotonic()
        try:
            piece = await asyncio.wait_for(self._answer.pieces.get(), max(0.001, left))
        except TimeoutError:
            self._answer.failed = True
            piece = None
        if piece is None:
            raise StopAsyncIteration
        return piece
