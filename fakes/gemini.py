"""Fake of Gemini's REST API, version v1beta: python -m fakes.gemini HOST PORT

Tests control it and read its requests under /admin:

PUT /admin/faults    {"fault": "429", "times": 1, "after_pieces": 0, "delay": 1, "model": …, "searching": true: only
                     requests that may search}; see gemini_faults.py
PUT /admin/pace      {"delay": seconds between pieces, "pieces": their number, "text": a fixed reply,
                     "first_delay": seconds before the first piece of a stream,
                     "thoughts": text of the thoughts that a reply begins with,
                     "grounding": metadata of a reply with a search; without it, the pages of gemini_web.py that fit,
                     "grounding_chunks": number of last chunks that have the metadata}
PUT /admin/models    {"models": […]}: known models; others get 404. "routed": {asked: answering model}.
                     GET also counts the requests for descriptions
PUT /admin/keys      {"keys": […]}: known API keys; others get 400. Without it, or with null, any key is known
PUT /admin/refused   {"parameters": ["temperature", …]}: refused in generationConfig with 400
GET /admin/requests  the last 1,000 requests, oldest first, with their input tokens, and their files without the data;
                     DELETE forgets them
"""

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any

from aiohttp import web

from fakes.gemini_answers import Turn, answer
from fakes.gemini_checks import MAX_REQUEST_BYTES, InvalidArgument, check, check_tokens, count_tokens, texts
from fakes.gemini_faults import FaultPlan, send_stream, send_whole
from fakes.gemini_files import File, read_files, without_data
from fakes.gemini_protocol import Reply, error_response, key_refusal
from fakes.gemini_web import grounded, searches
from fakes.server import run

API_KEY_HEADER = "x-goog-api-key"
DEFAULT_MODELS = (
    "gemini-3.5-flash-lite",
    "gemini-3.8-flash",
    "gemini-3.7-flash",
    "gemini-3.6-flash",
    "gemini-3.5-flash",
    "gemini-3.1-pro-preview",
    "gemini-3.1-flash-lite",
    "gemini-3-flash-preview",
    "gemini-4-argon",
    "gemini-4-carbon",
    "gemini-4-hydrogen",
    "gemini-4-neon",
    "gemini-2.5-pro",
    "gemini-2.5-flash-lite",
    "gemini-2.5-flash",
)
_METHODS = ("generateContent", "streamGenerateContent", "countTokens")
_WORDS_PER_PIECE = 4
_MAX_REQUESTS = 1000


class GeminiFake:
    """Fake of Gemini. `application()` returns its HTTP routes."""

    def __init__(self) -> None:
        self._models = list(DEFAULT_MODELS)
        self._descriptions = 0
        self._delay = 0.03
        self._first_delay = 0.0
        self._pieces: int | None = None
        self._text: str | None = None
        self._thoughts = ""
        self._grounding: dict[str, Any] | None = None
        self._grounding_chunks = 1
        self._routed: dict[str, str] = {}
        self._refused: list[str] = []
        self._keys: list[str] | None = None
        self._faults = FaultPlan()
        self._requests: deque[dict[str, Any]] = deque(maxlen=_MAX_REQUESTS)

    def application(self) -> web.Application:
        application = web.Application(client_max_size=2 * MAX_REQUEST_BYTES)
        application.add_routes(
            [
                web.post("/v1beta/models/{call}", self._call),
                web.get("/v1beta/models/{model}", self._describe_model),
                web.put("/admin/faults", self._set_fault),
                web.put("/admin/pace", self._set_pace),
                web.get("/admin/models", self._list_models),
                web.put("/admin/models", self._set_models),
                web.put("/admin/keys", self._set_keys),
                web.put("/admin/refused", self._set_refused),
                web.get("/admin/requests", self._list_requests),
                web.delete("/admin/requests", self._forget_requests),
            ]
        )
        return application

    async def _call(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["call"].partition(":")
        if refusal := self._key_refusal(request):
            return refusal
        if len(await request.read()) > MAX_REQUEST_BYTES:
            return error_response(400, f"Request payload size exceeds the limit: {MAX_REQUEST_BYTES} bytes.")
        try:
            body = await request.json()
        except json.JSONDecodeError:
            return error_response(400, "Invalid JSON payload received. Unexpected token.")
        entry = {"model": model, "method": method, "body": without_data(body), "time": time.time(), "pieces": 0}
        entry["timeout"] = request.headers.get("x-server-timeout")
        self._requests.append(entry)
        if model not in self._models or method not in _METHODS:
            unknown = f"models/{model} is not found for API version v1beta, or is not supported for {method}."
            return error_response(404, unknown)
        try:
            check(model, body, self._refused)
            files = await read_files(body)
            entry["files"] = [file.facts() for file in files]
            entry["tokens"] = count_tokens(body) + sum(file.tokens for file in files)
            check_tokens(entry["tokens"])
        except InvalidArgument as error:
            return error_response(400, str(error), error.details)
        if method == "countTokens":
            return web.json_response({"totalTokens": entry["tokens"]})
        reply, fault = self._reply(entry, files), self._faults.next_fault(model, searches(body))
        if method == "generateContent":
            return await send_whole(request, reply, fault)
        await asyncio.sleep(self._first_delay)
        return await send_stream(request, reply, fault, self._delay)

    async def _describe_model(self, request: web.Request) -> web.Response:
        """Answer models.get. It spends no tokens."""
        model = request.match_info["model"]
        if refusal := self._key_refusal(request):
            return refusal
        self._descriptions += 1
        if model not in self._models:
            return error_response(404, f"models/{model} is not found for API version v1beta.")
        return web.json_response({"name": f"models/{model}", "supportedGenerationMethods": list(_METHODS)})

    def _key_refusal(self, request: web.Request) -> web.Response | None:
        key = request.headers.get(API_KEY_HEADER)
        if not key:
            return error_response(403)
        if self._keys is not None and key not in self._keys:
            return key_refusal()
        return None

    def _reply(self, entry: dict[str, Any], files: list[File]) -> Reply:
        body = entry["body"]
        turns = [Turn(content.get("role", "user"), " ".join(texts(content))) for content in body["contents"]]
        system = "\n".join(texts(body.get("systemInstruction") or body.get("system_instruction") or {}))
        text, grounding = self._text or answer(turns, system, files), None
        if searches(body):
            text, grounding = grounded(self._text, turns[-1].text, text)
            grounding = grounding if self._grounding is None else self._grounding
        words = text.split(" ")
        size = -(-len(words) // self._pieces) if self._pieces else _WORDS_PER_PIECE
        pieces = [" ".join(words[start : start + size]) for start in range(0, len(words), size)]
        model = self._routed.get(entry["model"], "")
        pieces = [*(f"{piece} " for piece in pieces[:-1]), pieces[-1]]
        return Reply(entry, pieces, model, self._thoughts, grounding, self._grounding_chunks)

    async def _set_fault(self, request: web.Request) -> web.Response:
        try:
            self._faults.set(await request.json())
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({})

    async def _set_pace(self, request: web.Request) -> web.Response:
        pace = await request.json()
        self._delay = float(pace.get("delay", self._delay))
        self._first_delay = float(pace.get("first_delay", 0))
        self._pieces = pace.get("pieces")
        self._text = pace.get("text")
        self._thoughts = pace.get("thoughts", "")
        self._grounding = pace.get("grounding")
        self._grounding_chunks = int(pace.get("grounding_chunks", 1))
        return web.json_response({})

    async def _list_models(self, _request: web.Request) -> web.Response:
        return web.json_response({"models": self._models, "descriptions": self._descriptions})

    async def _set_models(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        self._models, self._routed = list(wanted["models"]), dict(wanted.get("routed", {}))
        return web.json_response({})

    async def _set_keys(self, request: web.Request) -> web.Response:
        self._keys = (await request.json())["keys"]
        return web.json_response({})

    async def _set_refused(self, request: web.Request) -> web.Response:
        self._refused = list((await request.json())["parameters"])
        return web.json_response({})

    async def _list_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self._requests))

    async def _forget_requests(self, _request: web.Request) -> web.Response:
        self._requests.clear()
        return web.json_response({})


if __name__ == "__main__":
    run(GeminiFake().application(), sys.argv[1], int(sys.argv[2]))
