"""Map every error to a status and a sentence, as a page or as JSON.

The JSON body is {"detail": sentence in Portuguese, "code": machine-readable code}; a 422 also has `fields`. The body
never repeats input. An unexpected error becomes a 500 with a reference that is also in the log.
"""

import uuid
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from falaai import errors
from falaai.errors import FalaAIError
from falaai.logs import logger
from falaai.web import pages, texts

STATUSES: dict[type[FalaAIError], int] = {
    errors.InvalidInput: 422,
    errors.UnreadableRequest: 400,
    errors.NotSignedIn: 401,
    errors.WrongCredentials: 401,
    errors.CrossOrigin: 403,
    errors.AccountBlocked: 403,
    errors.AdminsOnly: 403,
    errors.PasswordNeeded: 403,
    errors.LastAdmin: 409,
    errors.SignUpClosed: 403,
    errors.InvitationNeeded: 403,
    errors.InvitationNotValid: 410,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StillAnswering: 409,
    errors.LinkNotValid: 410,
    errors.ExportExpired: 410,
    errors.ExportTooLarge: 413,
    errors.FileTooLarge: 413,
    errors.UploadIncomplete: 409,
    errors.NotTheLast: 409,
    errors.OtherVersionShown: 409,
    errors.AttachmentNotReady: 409,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.ModelTimedOut: 504,
    errors.ModelRateLimited: 503,
    errors.ModelUnavailable: 503,
    errors.ModelNotConfigured: 503,
    errors.ModelBlocked: 422,
    errors.ModelCannotRead: 422,
    errors.FilesUnavailable: 503,
    errors.FileMissing: 410,
    errors.LanguageModelError: 502,
}
RETRY_SECONDS = 5


class ErrorField(BaseModel):
    field: str
    message: str


class ErrorBody(BaseModel):
    """The JSON body of an error."""

    detail: str
    code: str
    fields: list[ErrorField] | None = None


_ERROR: dict[str, Any] = {"model": ErrorBody, "content": {"text/html": {}, "application/json": {}}}
DOCUMENTED_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {**_ERROR, "description": "Invalid input"},
    "4XX": {**_ERROR, "description": "Refused"},
    "5XX": {**_ERROR, "description": "Failed"},
}


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(FalaAIError, refuse)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http)


def status_of(error: FalaAIError) -> int:
    """Return the status of the error's class, or else of its nearest base class in STATUSES; 500 if there is none."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


def sentence_of(error: FalaAIError) -> str:
    if isinstance(error, errors.InvalidInput):
        return error.sentence
    if type(error) in (errors.QuotaReached, errors.ThinkingQuotaReached) and error.facts.get("limite") == 0:
        return texts.NO_MESSAGES
    sentence = texts.ERRORS.get(error.code, texts.ERRORS["internal_error"])
    wait = texts.wait_in_words(error.retry_after) if isinstance(error, errors.TooManyRequests) else ""
    sentence = sentence.format(wait=wait, **error.facts)
    return f"{sentence} {texts.NOT_COUNTED}" if error.facts.get("contou") is False else sentence


def unexpected(request: Request, error: Exception) -> Response:
    """Log an unexpected error and return a 500. The answer holds only a reference to the log."""
    reference = uuid.uuid4().hex[:12]
    logger().exception("unexpected error", extra={"reference": reference, "error": type(error).__name__})
    sentence = f"{texts.ERRORS['internal_error']} (referência {reference})"
    return _answer(request, 500, sentence, "internal_error")


def refuse(request: Request, error: Exception) -> Response:
    """Return the response to a request that raised an error of FalaAI."""
    assert isinstance(error, FalaAIError)  # noqa: S101 - registered for exactly this class
    if isinstance(error, errors.NotSignedIn) and pages.wants_page(request):
        return pages.redirect(request, "/login")
    status = status_of(error)
    if status >= 500:
        logger().warning("request failed", extra={"code": error.code, "reason": str(error)})
    headers = {}
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    facts = dict(error.facts)
    if isinstance(error, errors.InvalidInput):
        facts["fields"] = [_field(error.field, error.sentence)]
    return _answer(request, status, sentence_of(error), error.code, headers, facts)


def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for exactly this class
    fields = [_field(_field_of(detail), _field_sentence(detail)) for detail in error.errors()]
    sentence = "; ".join(_with_name(field) for field in fields)
    return _answer(request, 422, sentence, "invalid_input", extra={"fields": fields})


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for exactly this class
    if error.status_code == 400:  # FastAPI's status for a body that is not text
        return _answer(request, 422, texts.FIELDS["json_invalid"], "invalid_input")
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code)
    code = code or HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    sentence = error.detail if code == "too_large" else texts.ERRORS.get(code, texts.ERRORS["invalid_input"])
    return _answer(request, error.status_code, sentence, code, dict(error.headers or {}))


def _with_name(field: dict[str, str]) -> str:
    name = texts.FIELD_NAMES.get(field["field"])
    return f"{name}: {field['message']}" if name else field["message"]


def _field(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}


def _field_of(detail: dict[str, Any]) -> str:
    words = [str(part) for part in detail["loc"][1:] if not isinstance(part, int)]
    return ".".join(words) or str(detail["loc"][0])


def _field_sentence(detail: dict[str, Any]) -> str:
    if detail["type"] == "value_error":  # raised by our schemas, in Portuguese
        return str(detail["ctx"]["error"])
    return texts.FIELDS.get(detail["type"], texts.FIELD_OTHERWISE).format(**detail.get("ctx", {}))


def _answer(
    request: Request,
    status: int,
    sentence: str,
    code: str,
    headers: dict[str, str] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response:
    body = {"detail": sentence, "code": code, **(extra or {})}
    if not pages.wants_page(request):
        return JSONResponse(body, status, headers)
    # A refused form is shown again with its errors and values, so that the user need not retype them.
    template = getattr(request.state, "form_page", "error.html")
    problems = {field["field"]: field["message"] for field in body.get("fields", [])}
    values = {"status": status, "sentence": sentence, "code": code, "problems": problems}
    form = getattr(request.state, "form_values", {})
    return pages.page(request, template, {**values, "form": form}, status, headers)
