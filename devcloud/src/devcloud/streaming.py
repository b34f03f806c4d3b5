"""Send the response of a web function to the client, in pieces or whole, as its route declares."""

import asyncio
import contextlib
import time

from aiohttp import web
from multidict import CIMultiDict

from devcloud.errors import FunctionFailed
from devcloud.runtime import LARGEST_PAYLOAD, RESPONSE_TOO_LARGE
from devcloud.web_process import StreamedResponse

_OWN_HEADERS = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


async def whole_response(answer: StreamedResponse, deadline: float) -> web.Response:
    """Collect a function's response. Raises FunctionFailed if it exceeds Lambda's limit.

    `deadline` is a time of time.monotonic().
    """
    body = bytearray()
    async for piece in _PiecesUntilDeadline(answer, deadline):
        body += piece
        if len(body) > LARGEST_PAYLOAD:
            raise FunctionFailed(RESPONSE_TOO_LARGE, "Function.ResponseSizeTooLarge")
    return web.Response(status=answer.status, headers=_headers(answer), body=bytes(body))


async def send_stream(request: web.BaseRequest, answer: StreamedResponse, deadline: float) -> web.StreamResponse:
    """Send a function's response to `request` in pieces. The function continues if the client disconnects.

    `deadline` is a time of time.monotonic(). If the deadline passes, or the function fails after its headers were
    sent, break the connection: the status can no longer report the error.
    """
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        async for piece in _PiecesUntilDeadline(answer, deadline):
            await response.write(piece)
        if answer.failed and request.transport:
            request.transport.abort()
        await response.write_eof()
    return response


def _headers(answer: StreamedResponse) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in answer.headers if name.lower() not in _OWN_HEADERS)


class _PiecesUntilDeadline:
    """Iterator over the pieces of a response; it ends at the last piece or at the deadline."""

    def __init__(self, answer: StreamedResponse, deadline: float) -> None:
        self._answer = answer
        self._deadline = deadline

    def __aiter__(self) -> "_PiecesUntilDeadline":
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
