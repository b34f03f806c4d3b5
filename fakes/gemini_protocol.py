"""Protocol of Gemini's REST API: response bodies, errors and checks of requests."""

import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from aiohttp import web

_STATUS_WORDS = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    403: (
        "PERMISSION_DENIED",
        (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        ),
    ),
    404: ("NOT_FOUND", "The model is not found."),
    429: (
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    500: ("INTERNAL", "An internal error has occurred. Please retry or report the problem."),
    503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
}
_CHARACTERS_PER_TOKEN = 4
# Families that refuse the thinking level `minimal`; source: table in ai.google.dev/gemini-api/docs/thinking
_WITHOUT_MINIMAL = re.compile(r"gemini-3\.[678]-flash(?!-lite)|gemini-3\S*-pro|gemini-4")


class InvalidArgument(Exception):
    """The real API would answer this request with 400 INVALID_ARGUMENT."""


class Reply:
    """A reply being sent, as pieces of text.

    `entry` is the record of the request under /admin/requests. It receives the number of pieces sent (`pieces`) and
    the times of the first and the last one (`first_at`, `last_at`, in seconds since 1970).
    """

    def __init__(self, entry: dict[str, Any], pieces: list[str]) -> None:
        self.pieces = pieces
        self.finish = "STOP"
        self._entry = entry
        self._prompt_tokens = count_tokens(entry["body"])
        self._response_id = uuid.uuid4().hex[:22]
        self._sent_characters = 0
        self._limit_to(entry["body"].get("generationConfig", {}).get("maxOutputTokens"))

    def part(self, text: str | None, finish: str | None = None) -> dict[str, Any]:
        """Build one GenerateContentResponse. Its usage counts all text so far; if `text` is None it has no parts."""
        content: dict[str, Any] = {"role": "model"}
        if text is not None:
            self._sent_characters += len(text)
            self._entry["pieces"] += 1
            self._entry["last_at"] = time.time()
            self._entry.setdefault("first_at", self._entry["last_at"])
            content = {"parts": [{"text": text}], "role": "model"}
        candidate = {"content": content, "index": 0, **({"finishReason": finish} if finish else {})}
        return {"candidates": [candidate], **self._envelope()}

    def blocked(self) -> dict[str, Any]:
        """Build the response to a prompt that Gemini refuses to answer."""
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **self._envelope()}

    def _limit_to(self, tokens: int | None) -> None:
        text = "".join(self.pieces)
        if tokens and len(text) > tokens * _CHARACTERS_PER_TOKEN:
            allowed, kept = tokens * _CHARACTERS_PER_TOKEN, []
            for piece in self.pieces:
                kept.append(piece[:allowed])
                allowed -= len(kept[-1])
            self.pieces, self.finish = [piece for piece in kept if piece], "MAX_TOKENS"

    def _envelope(self) -> dict[str, Any]:
        reply_tokens = -(-self._sent_characters // _CHARACTERS_PER_TOKEN)
        usage = {"promptTokenCount": self._prompt_tokens, "totalTokenCount": self._prompt_tokens + reply_tokens}
        if reply_tokens:
            usage["candidatesTokenCount"] = reply_tokens
        return {"usageMetadata": usage, "modelVersion": self._entry["model"], "responseId": self._response_id}


def error_body(status: int, message: str = "") -> dict[str, Any]:
    """Build the body of an error. Without `message` it has the real API's text."""
    word, default = _STATUS_WORDS[status]
    return {"error": {"code": status, "message": message or default, "status": word}}


def error_response(status: int, message: str = "") -> web.Response:
    """Build an error response."""
    return web.json_response(error_body(status, message), status=status)


def texts(content: dict[str, Any]) -> list[str]:
    """Return the texts of all parts of one content."""
    return [part["text"] for part in content.get("parts", []) if isinstance(part.get("text"), str)]


def count_tokens(body: dict[str, Any]) -> int:
    """Estimate the tokens of a request: 4 characters count as one."""
    contents = [*body.get("contents", []), body.get("systemInstruction") or {}]
    return sum(-(-len(text) // _CHARACTERS_PER_TOKEN) for content in contents for text in texts(content))


def check(model: str, body: Any, refused: Sequence[str] = ()) -> None:
    """Check a request. Raises InvalidArgument if the real API refuses it, or if it uses a parameter of `refused`."""
    if not isinstance(body, dict):
        raise InvalidArgument("Invalid JSON payload received. The root is not an object.")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise InvalidArgument("* GenerateContentRequest.contents: contents is not specified\n")
    for number, content in enumerate(contents):
        _check_content(f"* GenerateContentRequest.contents[{number}]", content)
    settings = body.get("generationConfig", {})
    for name in refused:
        if name in settings:
            raise InvalidArgument(f"{name} is not supported for this model.")
    thinking = settings.get("thinkingConfig") or settings.get("thinking_config") or {}
    _check_thinking(model, {name.lower().replace("_", ""): value for name, value in thinking.items()})
    if model.startswith(("gemini-3", "gemini-4")):
        _check_gemini_3(contents, settings)


def _check_thinking(model: str, thinking: dict[str, Any]) -> None:
    """Refuse a thinking level or budget with the real API's messages, as its users have reported them."""
    level = str(thinking.get("thinkinglevel", "")).upper()
    if level and model.startswith("gemini-2.5"):
        raise InvalidArgument("Thinking level is not supported for this model.")
    if level == "MINIMAL" and _WITHOUT_MINIMAL.match(model):
        raise InvalidArgument(
            "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level."
        )
    if "thinkingbudget" in thinking and model.startswith("gemini-4"):
        raise InvalidArgument("Thinking budget is not supported for this model. Please use thinking_level instead.")


def _check_content(field: str, content: dict[str, Any]) -> None:
    if content.get("role", "user") not in ("user", "model"):
        raise InvalidArgument("Please use a valid role: user, model.")
    if not content.get("parts"):
        raise InvalidArgument(f"{field}.parts: contents.parts must not be empty.\n")
    if len(texts(content)) < len(content["parts"]):
        raise InvalidArgument(f"{field}.parts: required oneof field 'data' must have one initialized field\n")


def _check_gemini_3(contents: list[dict[str, Any]], settings: dict[str, Any]) -> None:
    if contents[-1].get("role") == "model":
        raise InvalidArgument("Please ensure that the last turn of the conversation is a user turn.")
    if {"presencePenalty", "frequencyPenalty"} & settings.keys():
        raise InvalidArgument("Penalty is not enabled for this model.")
