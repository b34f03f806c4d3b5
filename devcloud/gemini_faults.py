"""How the stand-in sends an answer, and how it fails to when it was told so.

400 429 500 503 404   that error, with a `message` if one is given; after some pieces: as an error inside the stream
timeout           nothing more, for ever
drip              one piece every `delay` seconds, for ever
cut               the connection ends in the middle
malformed         JSON that ends too early
blocked           a prompt that was refused (promptFeedback.blockReason)
safety            no more text, finishReason SAFETY
max_tokens        the text ends early, finishReason MAX_TOKENS
empty             an answer without text, finishReason STOP
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from devcloud.gemini_protocol import Reply, error_body, error_response

_STATUSES = {"400", "429", "500", "503", "404"}
_FAULTS = {*_STATUSES, "timeout", "drip", "cut", "malformed", "blocked", "safety", "max_tokens", "empty"}
# Where a fault is about an answer that had begun.
_USUAL_PIECES = {"cut": 2, "max_tokens": 2}
_EVENT_STREAM = {"Content-Type": "text/event-stream"}


@dataclass
class Fault:
    """One way to fail, for the next `times` calls (None: until it is taken back)."""

    name: str
    times: int | None
    after_pieces: int
    delay: float
    model: str | None
    message: str = ""


class FaultPlan:
    """What is to go wrong next."""

    def __init__(self) -> None:
        self._fault: Fault | None = None

    def set(self, wanted: dict[str, Any]) -> None:
        """Takes the JSON of PUT /admin/faults; raises ValueError for a fault that does not exist."""
        name = wanted.get("fault")
        if name is not None and str(name) not in _FAULTS:
            raise ValueError(f"unknown fault {name}; known: {', '.join(sorted(_FAULTS))}")
        self._fault = name and Fault(
            name=str(name),
            times=wanted.get("times"),
            after_pieces=int(wanted.get("after_pieces", _USUAL_PIECES.get(str(name), 0))),
            delay=float(wanted.get("delay", 1)),
            model=wanted.get("model"),
            message=str(wanted.get("message", "")),
        )

    def take(self, model: str) -> Fault | None:
        """The fault for one call of this model, if it is to fail."""
        fault = self._fault
        if fault is None or fault.model not in (None, model):
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._fault = None
        return fault


async def send_at_once(request: web.Request, reply: Reply, fault: Fault | None) -> web.StreamResponse:
    """Answers generateContent."""
    if fault is None:
        return web.json_response(reply.part("".join(reply.pieces), reply.finish))
    if fault.name in _STATUSES:
        return error_response(int(fault.name), fault.message)
    if fault.name == "malformed":
        return web.Response(text='{"candidates": [{"content": ', content_type="application/json")
    if fault.name == "timeout":
        await _for_ever()
    if fault.name in ("drip", "cut"):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while fault.name == "drip":
            # JSON may begin with any amount of white space: never an answer, never a silent line.
            await response.write(b" ")
            await asyncio.sleep(fault.delay)
        await response.write(b'{"candidates": [{"content": ')
        return await _cut(request, response)
    said = "".join(reply.pieces[: fault.after_pieces])
    return web.json_response(_last_part(reply, fault, said))


async def send_in_pieces(request: web.Request, reply: Reply, fault: Fault | None, delay: float) -> web.StreamResponse:
    """Answers streamGenerateContent as server-sent events, `delay` seconds between the pieces."""
    if fault is not None and fault.after_pieces == 0:
        if fault.name in _STATUSES:
            return error_response(int(fault.name), fault.message)
        if fault.name == "timeout":
            await _for_ever()
    response = web.StreamResponse(headers=_EVENT_STREAM)
    await response.prepare(request)
    pieces = reply.pieces if fault is None else reply.pieces[: fault.after_pieces]
    for number, piece in enumerate(pieces):
        is_last = fault is None and number == len(pieces) - 1
        await _send(response, reply.part(piece, reply.finish if is_last else None))
        if not is_last:
            await asyncio.sleep(delay)
    return response if fault is None else await _end_with(fault, request, response, reply)


async def _end_with(
    fault: Fault, request: web.Request, response: web.StreamResponse, reply: Reply
) -> web.StreamResponse:
    if fault.name == "timeout":
        await _for_ever()
    elif fault.name == "cut":
        return await _cut(request, response)
    elif fault.name == "malformed":
        await response.write(b'data: {"candidates": [{"content": \r\n\r\n')
    elif fault.name in _STATUSES:
        await _send(response, error_body(int(fault.name), fault.message))
    elif fault.name == "drip":
        number = fault.after_pieces
        while True:
            await _send(response, reply.part(reply.pieces[number % len(reply.pieces)]))
            number += 1
            await asyncio.sleep(fault.delay)
    else:
        await _send(response, _last_part(reply, fault, None))
    return response


def _last_part(reply: Reply, fault: Fault, said: str | None) -> dict[str, Any]:
    if fault.name == "blocked":
        return reply.blocked()
    finish = {"safety": "SAFETY", "max_tokens": "MAX_TOKENS", "empty": "STOP"}[fault.name]
    return reply.part(said or None, finish)


async def _send(response: web.StreamResponse, part: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(part, ensure_ascii=False).encode() + b"\r\n\r\n")


async def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    # What was written must arrive before the connection ends, and its last chunk must not.
    if request.transport is not None:
        request.transport.close()
    return response


async def _for_ever() -> None:
    """Ends only when the client goes away, or devcloud does."""
    await asyncio.Event().wait()
