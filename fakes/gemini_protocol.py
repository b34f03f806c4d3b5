"""Protocol of Gemini's REST API: bodies of responses and errors."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from fakes.gemini_checks import CHARACTERS_PER_TOKEN

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


_SIGNATURE = "c2lnbmF0dXJl"
_TYPES = "type.googleapis.com/google.rpc"
_METRIC = "generativelanguage.googleapis.com/generate_requests_per_model_per_day"
_DETAILS = {
    429: (
        {"@type": f"{_TYPES}.QuotaFailure", "violations": [{"quotaMetric": _METRIC, "quotaValue": "200"}]},
        {"@type": f"{_TYPES}.RetryInfo", "retryDelay": "27s"},
    ),
}


class Reply:
    """A reply being sent, as pieces of text.

    `entry` is the record of the request under /admin/requests, with its input tokens (`tokens`). It receives the
    number of pieces sent (`pieces`) and the times of the first and the last one (`first_at`, `last_at`, in seconds
    since 1970). `model` is the model that answers, if it is not the requested one. With `thoughts`, the reply begins
    with them, and its last part has a signature. The last `grounding_chunks` parts have the metadata `grounding`.
    """

    def __init__(
        self,
        entry: dict[str, Any],
        pieces: list[str],
        model: str = "",
        thoughts: str = "",
        grounding: dict[str, Any] | None = None,
        grounding_chunks: int = 1,
    ) -> None:
        self.pieces = pieces
        self._grounding = grounding
        self._grounded_from = len(pieces) - grounding_chunks
        self._model = model or entry["model"]
        self.thoughts = thoughts
        self.finish = "STOP"
        self._entry = entry
        self._prompt_tokens = entry["tokens"]
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
            signature = {"thoughtSignature": _SIGNATURE} if self.thoughts and finish else {}
            content = {"parts": [{"text": text, **signature}], "role": "model"}
        candidate = {"content": content, "index": 0, **({"finishReason": finish} if finish else {})}
        if self._grounding and text is not None and (finish or self._entry["pieces"] > self._grounded_from):
            candidate["groundingMetadata"] = self._grounding
        return {"candidates": [candidate], **self._envelope()}

    def thought(self) -> dict[str, Any]:
        """Build the response with the thoughts."""
        content = {"parts": [{"text": self.thoughts, "thought": True}], "role": "model"}
        return {"candidates": [{"content": content, "index": 0}], **self._envelope()}

    def blocked(self) -> dict[str, Any]:
        """Build the response to a prompt that Gemini refuses to answer."""
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **self._envelope()}

    def _limit_to(self, tokens: int | None) -> None:
        text = "".join(self.pieces)
        if tokens and len(text) > tokens * CHARACTERS_PER_TOKEN:
            allowed, kept = tokens * CHARACTERS_PER_TOKEN, []
            for piece in self.pieces:
                kept.append(piece[:allowed])
                allowed -= len(kept[-1])
            self.pieces, self.finish = [piece for piece in kept if piece], "MAX_TOKENS"

    def _envelope(self) -> dict[str, Any]:
        reply_tokens = -(-self._sent_characters // CHARACTERS_PER_TOKEN)
        usage = {"promptTokenCount": self._prompt_tokens, "totalTokenCount": self._prompt_tokens + reply_tokens}
        if reply_tokens:
            usage["candidatesTokenCount"] = reply_tokens
        if self.thoughts:
            usage["thoughtsTokenCount"] = -(-len(self.thoughts) // CHARACTERS_PER_TOKEN)
            usage["totalTokenCount"] += usage["thoughtsTokenCount"]
        return {"usageMetadata": usage, "modelVersion": self._model, "responseId": self._response_id}


def error_body(status: int, message: str = "", details: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Build the body of an error. Without `message` and `details` it has the real API's."""
    word, default = _STATUS_WORDS[status]
    found = [*(details or _DETAILS.get(status, ()))]
    error = {"code": status, "message": message or default, "status": word}
    return {"error": {**error, "details": found} if found else error}


def error_response(status: int, message: str = "", details: Sequence[dict[str, Any]] = ()) -> web.Response:
    """Build an error response."""
    return web.json_response(error_body(status, message, details), status=status)


def key_refusal() -> web.Response:
    """Build the error for an unknown key: a 400, which only its message and its details tell from other mistakes."""
    info = {"@type": f"{_TYPES}.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    return error_response(400, "API key not valid. Please pass a valid API key.", [info])
