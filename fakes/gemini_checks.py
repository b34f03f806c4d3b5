"""Checks of requests: what the real API refuses with 400, and the bodies of its errors.

The rules are written from Google's pages and from messages that users of the real API have reported, not from the
product's own table of models, so that a wrong row there fails against this fake.
"""

import base64
import re
from collections.abc import Sequence
from typing import Any

# The whole request with its inline data; ai.google.dev/gemini-api/docs/file-input-methods, 2026.
MAX_REQUEST_BYTES = 100 * 1024 * 1024
MAX_PDF_BYTES = 50 * 1024 * 1024
MAX_INPUT_TOKENS = 1_048_576
CHARACTERS_PER_TOKEN = 4

_MINIMAL, _LOW, _MEDIUM, _HIGH = "MINIMAL", "LOW", "MEDIUM", "HIGH"
# Levels of thinking by model; the first pattern that matches counts. The sources disagree about MINIMAL for 3.5 and
# 3.6 Flash, so it is refused.
_LEVELS = (
    (re.compile(r"gemini-3[.\d]*-flash-lite|gemini-3-flash"), (_MINIMAL, _LOW, _MEDIUM, _HIGH)),
    (re.compile(r"gemini-3-pro"), (_LOW, _HIGH)),
    (re.compile(r"gemini-3|gemini-4"), (_LOW, _MEDIUM, _HIGH)),
)
# Smallest and largest number of thinking tokens, and whether 0 is allowed, which turns thinking off. -1 leaves the
# number to the model.
_BUDGETS = (
    (re.compile(r"gemini-2\.5-pro"), (128, 32_768, False)),
    (re.compile(r"gemini-2\.5-flash-lite"), (512, 24_576, True)),
    (re.compile(r"gemini-2\.5"), (1, 24_576, True)),
    (re.compile(r"gemini-3"), (128, 32_768, False)),
)
# Models that end a history with the user's turn, and that accept one candidate and no penalties.
_NEWER = re.compile(r"gemini-3|gemini-4")
# Old models have a smaller limit of output tokens, and police it. Newer ones cap it silently.
_SMALL_OUTPUT = re.compile(r"gemini-(1\.5|2\.0)")
_SMALL_OUTPUT_TOKENS = 8192

_CONFIG_FIELDS = {
    "temperature", "topp", "topk", "candidatecount", "maxoutputtokens", "stopsequences", "presencepenalty",
    "frequencypenalty", "seed", "responsemimetype", "responseschema", "responsejsonschema", "responsemodalities",
    "thinkingconfig", "mediaresolution", "responselogprobs", "logprobs", "speechconfig", "imageconfig",
}  # fmt: skip
_TOOLS = {"googlesearch", "urlcontext", "functiondeclarations", "codeexecution", "googlemaps"}
_THINKING_FIELDS = {"thinkinglevel", "thinkingbudget", "includethoughts"}
MIME_TYPES = frozenset(
    [
        *(f"image/{kind}" for kind in ("png", "jpeg", "webp", "heic", "heif", "gif")),
        *(f"audio/{kind}" for kind in ("wav", "x-wav", "mp3", "mpeg", "aiff", "aac", "ogg", "flac", "opus", "mp4")),
        *(f"video/{kind}" for kind in ("mp4", "mpeg", "mov", "quicktime", "avi", "x-flv", "mpg", "webm", "wmv")),
        *(f"text/{kind}" for kind in ("plain", "html", "css", "csv", "xml", "rtf", "markdown", "javascript")),
        "application/pdf",
        "application/json",
    ]
)  # fmt: skip
_URL_SAFE = str.maketrans("-_", "+/")
_PRESENT = {"text", "inlinedata", "filedata", "functioncall", "functionresponse", "executablecode"}


class InvalidArgument(Exception):
    """The real API would answer this request with 400 INVALID_ARGUMENT. The details of the error name `field`."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field

    @property
    def details(self) -> list[dict[str, Any]]:
        """Return the details of the error body."""
        if not self.field:
            return []
        violation = {"field": self.field, "description": str(self)}
        return [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]


def check(model: str, body: Any, refused: Sequence[str] = ()) -> None:
    """Check a request. Raises InvalidArgument if the real API refuses it, or if it uses a parameter of `refused`."""
    if not isinstance(body, dict):
        raise InvalidArgument("Invalid JSON payload received. The root is not an object.")
    contents = body.get("contents")
    if not isinstance(contents, list) or not contents:
        raise InvalidArgument("* GenerateContentRequest.contents: contents is not specified\n")
    for number, content in enumerate(contents):
        _check_content(f"GenerateContentRequest.contents[{number}]", content)
    settings = fields(body.get("generationConfig") or body.get("generation_config") or {})
    for name in refused:
        if name.lower() in settings:
            raise InvalidArgument(f"{name} is not supported for this model.", f"generation_config.{name}")
    _check_config(model, settings)
    check_tokens(count_tokens(body))
    _check_tools(body)
    if _NEWER.match(model):
        _check_newer(contents, settings)


def _check_tools(body: dict[str, Any]) -> None:
    for number, tool in enumerate(body.get("tools") or []):
        for name in fields(tool).keys() - _TOOLS:
            raise _unknown_name(name, f"tools[{number}]")


def fields(config: dict[str, Any]) -> dict[str, Any]:
    """Return the fields by their names in lower case: the API takes camelCase and snake_case."""
    return {name.lower().replace("_", ""): value for name, value in config.items()}


def _check_config(model: str, settings: dict[str, Any]) -> None:
    for name in settings.keys() - _CONFIG_FIELDS:
        raise _unknown_name(name, "generation_config")
    _check_range(settings, "temperature", 0, 2)
    _check_range(settings, "topp", 0, 1)
    limit = settings.get("maxoutputtokens")
    if limit is not None and (limit < 1 or (_SMALL_OUTPUT.match(model) and limit > _SMALL_OUTPUT_TOKENS)):
        raise InvalidArgument(
            f"Unable to submit request because it has a maxOutputTokens value of {limit} but the supported range is"
            f" from 1 (inclusive) to {_SMALL_OUTPUT_TOKENS + 1} (exclusive). Update the value and try again."
        )
    thinking = fields(settings.get("thinkingconfig") or {})
    for name in thinking.keys() - _THINKING_FIELDS:
        raise _unknown_name(name, "generation_config.thinking_config")
    _check_thinking(model, thinking)


def _check_range(settings: dict[str, Any], name: str, least: float, most: float) -> None:
    value = settings.get(name)
    if value is not None and not least <= value <= most:
        raise InvalidArgument(
            f"* GenerateContentRequest.generation_config.{name}: {name} must be in the range [{least}, {most}]\n",
            f"generation_config.{name}",
        )


def _unknown_name(name: str, parent: str) -> InvalidArgument:
    return InvalidArgument(
        f"Invalid JSON payload received. Unknown name \"{name}\" at '{parent}': Cannot find field.", parent
    )


def _check_thinking(model: str, thinking: dict[str, Any]) -> None:
    """Refuse a level or budget of thinking with the real API's messages, as its users have reported them."""
    if "thinkinglevel" in thinking and "thinkingbudget" in thinking:
        raise InvalidArgument("You can only set one of thinking budget and thinking level.")
    if "thinkinglevel" in thinking:
        _check_level(model, str(thinking["thinkinglevel"]).upper())
    if "thinkingbudget" in thinking:
        _check_budget(model, thinking["thinkingbudget"])


def _check_level(model: str, level: str) -> None:
    allowed = next((levels for pattern, levels in _LEVELS if pattern.match(model)), None)
    if allowed is None:
        raise InvalidArgument("Thinking level is not supported for this model.")
    if level not in allowed:
        raise InvalidArgument(
            f"Thinking level {level} is not supported for this model. Please retry with other thinking level."
        )


def _check_budget(model: str, budget: int) -> None:
    if model.startswith("gemini-4"):
        raise InvalidArgument("Thinking budget is not supported for this model. Please use thinking_level instead.")
    found = next((budgets for pattern, budgets in _BUDGETS if pattern.match(model)), None)
    if found is None:
        raise InvalidArgument("Thinking is not supported for this model.")
    least, most, may_be_off = found
    if budget == 0 and not may_be_off:
        raise InvalidArgument("Budget 0 is invalid. This model only works in thinking mode.")
    if budget not in (-1, 0) and not least <= budget <= most:
        raise InvalidArgument(
            f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}."
        )


def _check_content(field: str, content: dict[str, Any]) -> None:
    if content.get("role", "user") not in ("user", "model"):
        raise InvalidArgument("Please use a valid role: user, model.")
    if not content.get("parts"):
        raise InvalidArgument(f"* {field}.parts: contents.parts must not be empty.\n")
    for number, part in enumerate(content["parts"]):
        _check_part(f"{field}.parts[{number}]", content, fields(part))


def _check_part(field: str, content: dict[str, Any], part: dict[str, Any]) -> None:
    if not part.keys() & _PRESENT:
        raise InvalidArgument(f"* {field}.data: required oneof field 'data' must have one initialized field\n")
    if "functioncall" in part and content.get("role") == "model" and not part.get("thoughtsignature"):
        # On text a missing signature is allowed.
        raise InvalidArgument(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work"
            " correctly, and missing thought_signature may lead to degraded model performance."
        )
    if "inlinedata" in part:
        _check_inline_data(field, fields(part["inlinedata"] or {}))
    if "filedata" in part:
        _check_file_data(field, fields(part["filedata"] or {}))


def _check_inline_data(field: str, inline: dict[str, Any]) -> None:
    _check_media_type(inline)
    if not inline.get("data"):
        raise InvalidArgument(f"* {field}.inline_data.data: required field is not set\n", f"{field}.inline_data.data")
    size = _decoded_size(field, str(inline["data"]))
    if inline["mimetype"] == "application/pdf" and size > MAX_PDF_BYTES:
        raise InvalidArgument(f"The document is too large: {size} bytes. The limit is {MAX_PDF_BYTES} bytes.")


def _check_file_data(field: str, linked: dict[str, Any]) -> None:
    uri = str(linked.get("fileuri") or "")
    if not uri:
        raise InvalidArgument(
            f"* {field}.file_data.file_uri: required field is not set\n", f"{field}.file_data.file_uri"
        )
    if not uri.startswith(("https://", "http://", "gs://")):
        raise InvalidArgument("Invalid or unsupported file uri: the scheme must be https.")
    _check_media_type(linked)


def _check_media_type(data: dict[str, Any]) -> None:
    if data.get("mimetype") not in MIME_TYPES:
        raise InvalidArgument(f"Unsupported MIME type: {data.get('mimetype', '')}")


def _decoded_size(field: str, data: str) -> int:
    try:
        return len(decoded(data))
    except ValueError:
        raise InvalidArgument(
            f"Invalid value at '{field}.inline_data.data' (TYPE_BYTES), Base64 decoding failed",
            f"{field}.inline_data.data",
        ) from None


def decoded(data: str) -> bytes:
    """Decode Base64 in either alphabet: the API takes both, and Google's client writes the one for addresses."""
    return base64.b64decode(data.translate(_URL_SAFE), validate=True)


def check_tokens(tokens: int) -> None:
    """Raise InvalidArgument if a request has too many tokens."""
    if tokens > MAX_INPUT_TOKENS:
        raise InvalidArgument(
            f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({MAX_INPUT_TOKENS})."
        )


def _check_newer(contents: list[dict[str, Any]], settings: dict[str, Any]) -> None:
    if contents[-1].get("role") == "model":
        raise InvalidArgument(
            "Requests ending with a model turn are not supported. Please ensure that the last turn is a user turn."
        )
    if {"presencepenalty", "frequencypenalty"} & settings.keys():
        raise InvalidArgument("Penalty is not enabled for this model.")
    if settings.get("candidatecount", 1) > 1:
        raise InvalidArgument("Multiple candidates is not enabled for this model.")


def texts(content: dict[str, Any]) -> list[str]:
    """Return the texts of all parts of one content."""
    return [part["text"] for part in content.get("parts", []) if isinstance(part.get("text"), str)]


def count_tokens(body: dict[str, Any]) -> int:
    """Estimate the tokens of a request: 4 characters count as one."""
    contents = [*body.get("contents", []), body.get("systemInstruction") or {}]
    return sum(-(-len(text) // CHARACTERS_PER_TOKEN) for content in contents for text in texts(content))
