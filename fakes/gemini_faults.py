"""Send the Gemini fake's replies, or fail as a test requested.

400 429 500 503 404   this status, with `message` and `details` if given; after `after_pieces` pieces an error inside
                  the stream
timeout           send nothing more and keep the connection open
pause             go on when the fault is removed or replaced
drip              send one piece every `delay` seconds without end
cut               close the connection in the middle
malformed         send incomplete JSON
blocked           refuse the prompt (promptFeedback.blockReason)
safety            end without further text, finishReason SAFETY
max_tokens        end the text early, finishReason MAX_TOKENS
empty             reply without text, finishReason STOP
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from fakes.gemini_protocol import Reply, error_body, error_response

_STATUSES = {"400", "429", "500", "503", "404"}
_FAULTS = {*_STATUSES, "timeout", "pause", "drip", "cut", "malformed", "blocked", "safety", "max_tokens", "empty"}
# These faults need a reply that has begun.
_DEFAULT_AFTER_PIECES = {"cut": 2, "max_tokens": 2}
_EVENT_STREAM = {"Content-Type": "text/event-stream"}


@dataclass
class Fault:
    """A fault for the next `times` calls, or until it is removed if `times` is None."""

    name: str
    times: int | None
    after_pieces: int
    delay: float
    model: str | None
    resumed: asyncio.Event
    is_of_searches: bool = False
    message: str = ""
    details: tuple[dict[str, Any], ...] = ()


class FaultPlan:
    """The fault that a test has requested, if any."""

    def __init__(self) -> None:
        self._fault: Fault | None = None
        self._resumed = asyncio.Event()

    def set(self, wanted: dict[str, Any]) -> None:
        """Set the fault from the JSON of PUT /admin/faults. Raises ValueError for an unknown one."""
        name = wanted.get("fault")
        if name is not None and str(name) not in _FAULTS:
            raise ValueError(f"unknown fault {name}; known: {', '.join(sorted(_FAULTS))}")
        self._resumed.set()  # lets paused replies go on
        self._resumed = asyncio.Event()
        self._fault = name and Fault(
            name=str(name),
            times=wanted.get("times"),
            after_pieces=int(wanted.get("after_pieces", _DEFAULT_AFTER_PIECES.get(str(name), 0))),
            delay=float(wanted.get("delay", 1)),
            model=wanted.get("model"),
            resumed=self._resumed,
            is_of_searches=bool(wanted.get("searching", False)),
            message=str(wanted.get("message", "")),
            details=tuple(wanted.get("details", ())),
        )

    def next_fault(self, model: str, searches: bool) -> Fault | None:
        """Return the fault for this call of `model`, or None; count down its `times`."""
        fault = self._fault
        if fault is None or fault.model not in (None, model) or (fault.is_of_searches and not searches):
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._fault = None
        return fault


async def send_whole(request: web.Request, reply: Reply, fault: Fault | None) -> web.StreamResponse:
    """Answer generateContent with one JSON response."""
    if fault is not None and fault.name == "pause":
        await fault.resumed.wait()
        fault = None
    if fault is None:
        return web.json_response(reply.part("".join(reply.pieces), reply.finish))
    if fault.name in _STATUSES:
        return error_response(int(fault.name), fault.message, fault.details)
    if fault.name == "malformed":
        return web.Response(text='{"candidates": [{"content": ', content_type="application/json")
    if fault.name == "timeout":
        await _wait_forever()
    if fault.name in ("drip", "cut"):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while fault.name == "drip":
            # JSON may begin with white space: the client always receives bytes but never a complete reply.
            await response.write(b" ")
            await asyncio.sleep(fault.delay)
        await response.write(b'{"candidates": [{"content": ')
        return await _close_connection(request, response)
    text = "".join(reply.pieces[: fault.after_pieces])
    return web.json_response(_last_part(reply, fault, text))


async def send_stream(request: web.Request, reply: Reply, fault: Fault | None, delay: float) -> web.StreamResponse:
    """Answer streamGenerateContent with server-sent events, one every `delay` seconds."""
    if fault is not None and fault.after_pieces == 0:
        if fault.name in _STATUSES:
            return error_response(int(fault.name), fault.message, fault.details)
        if fault.name == "timeout":
            await _wait_forever()
    response = web.StreamResponse(headers=_EVENT_STREAM)
    await response.prepare(request)
    if fault is None or fault.name == "pause":
        return await _send_all(response, reply, fault, delay)
    for piece in reply.pieces[: fault.after_pieces]:
        await _send(response, reply.part(piece, None))
        await asyncio.sleep(delay)
    return await _fail_stream(fault, request, response, reply)


async def _send_all(
    response: web.StreamResponse, reply: Reply, pause: Fault | None, delay: float
) -> web.StreamResponse:
    last = len(reply.pieces) - 1
    if reply.thoughts:
        await _send(response, reply.thought())
    for number, piece in enumerate(reply.pieces):
        if pause is not None and number == pause.after_pieces:
            await pause.resumed.wait()
        await _send(response, reply.part(piece, reply.finish if number == last else None))
        if number < last:
            await asyncio.sleep(delay)
    return response


async def _fail_stream(
    fault: Fault, request: web.Request, response: web.StreamResponse, reply: Reply
) -> web.StreamResponse:
    if fault.name == "timeout":
        await _wait_forever()
    elif fault.name == "cut":
        return await _close_connection(request, response)
    elif fault.name == "malformed":
        await response.write(b'data: {"candidates": [{"content": \r\n\r\n')
    elif fault.name in _STATUSES:
        await _send(response, error_body(int(fault.name), fault.message, fault.details))
    elif fault.name == "drip":
        number = fault.after_pieces
        while True:
            await _send(response, reply.part(reply.pieces[number % len(reply.pieces)]))
            number += 1
            await asyncio.sleep(fault.delay)
    else:
        await _send(response, _last_part(reply, fault, None))
    return response


def _last_part(reply: Reply, fault: Fault, text: str | None) -> dict[str, Any]:
    if fault.name == "blocked":
        return reply.blocked()
    finish = {"safety": "SAFETY", "max_tokens": "MAX_TOKENS", "empty": "STOP"}[fault.name]
    return reply.part(text or None, finish)


async def _send(response: web.StreamResponse, part: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(part, ensure_ascii=False).encode() + b"\r\n\r\n")


async def _close_connection(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    # close() sends the written bytes first, but not the final chunk, so the client sees a broken response.
    if request.transport is not None:
        request.transport.close()
    return response


async def _wait_forever() -> None:
    """Wait until the client disconnects or the fake stops."""
    await asyncio.Event().wait()
