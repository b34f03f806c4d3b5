"""Our errors for the failures of LangChain, Google's client and httpx, and the count that an alarm watches."""

import re

from falaai import metrics
from falaai.errors import (
    FilesUnavailable,
    LanguageModelError,
    ModelBlocked,
    ModelCannotRead,
    ModelCutShort,
    ModelInterrupted,
    ModelMalformed,
    ModelNotConfigured,
    ModelRateLimited,
    ModelTimedOut,
    ModelUnavailable,
)

# Failures caused by the question. All others are faults of Gemini or of our use of it; an alarm counts them.
OF_THE_QUESTION = (ModelBlocked, ModelCutShort, ModelCannotRead)
# A 400 about a file of the request, by Google's message: it could not be fetched, or it could not be read.
_NOT_FETCHED = re.compile(r"fetch|retriev|download", re.IGNORECASE)
_NOT_READ = re.compile(r"mime|image|audio|document|pdf|file|input token count|payload size", re.IGNORECASE)


def count_failure(error: LanguageModelError) -> None:
    """Count a failure for the alarm, unless the question caused it."""
    if not isinstance(error, OF_THE_QUESTION):
        metrics.count("GeminiErrors")


def translate(error: Exception, has_files: bool = False) -> LanguageModelError | None:
    """Return our error for a failure of LangChain, google-genai or httpx. Returns None for any other error."""
    import httpx
    from google.genai.errors import APIError
    from langchain_core.exceptions import ModelAuthenticationError, ModelPermissionDeniedError
    from langchain_google_genai.chat_models import ChatGoogleGenerativeAIError, GoogleRateLimitError

    if isinstance(error, LanguageModelError):
        return error
    status = getattr(error, "code", None) or getattr(getattr(error, "__cause__", None), "code", None)
    detail = f"{type(error).__name__} {status or ''}".strip()
    if isinstance(error, GoogleRateLimitError) or status == 429:
        return ModelRateLimited(detail)
    if isinstance(error, httpx.TimeoutException):
        return ModelTimedOut(detail)
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return ModelInterrupted(detail)
    # Google answers 400 to a wrong key, and only the message tells it from other mistakes.
    if isinstance(error, ModelAuthenticationError | ModelPermissionDeniedError) or "API key" in str(error):
        return ModelNotConfigured(detail)
    if has_files and status == 400 and (failure := _translate_refused_file(str(error), detail)):
        return failure
    if isinstance(error, httpx.TransportError | APIError | ChatGoogleGenerativeAIError):
        return ModelUnavailable(detail)
    return ModelMalformed(detail) if isinstance(error, ValueError) else None


def _translate_refused_file(message: str, detail: str) -> LanguageModelError | None:
    if _NOT_FETCHED.search(message):
        return FilesUnavailable(detail)
    return ModelCannotRead(detail) if _NOT_READ.search(message) else None
