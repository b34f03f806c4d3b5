"""Everything that can go wrong, in words; statuses and Portuguese sentences are given at the edge.

FalaAIError
├── SettingsError                 the operator's: a setting is missing, weak or a placeholder
├── RequestError                  the caller's
│   ├── InvalidInput
│   ├── UnreadableRequest
│   ├── NotSignedIn
│   ├── WrongCredentials
│   ├── CrossOrigin
│   ├── NotFound
│   ├── Conflict
│   ├── StillAnswering
│   ├── LinkNotValid
│   ├── NotTheLast
│   ├── MoreFollows
│   └── TooManyRequests           carries retry_after, in seconds
│       ├── QuotaReached
│       ├── TooManyReplies
│       ├── TooManyFollowers
│       └── CeilingReached
├── Unavailable                   a dependency's; the same request may succeed later
│   ├── DatabaseUnavailable
│   ├── QueueUnavailable
│   └── PicturesUnavailable
├── LanguageModelError            Gemini's; a stored question can be answered again
│   ├── ModelTimedOut
│   ├── ModelRateLimited
│   ├── ModelUnavailable
│   ├── ModelInterrupted
│   ├── ModelMalformed
│   ├── ModelBlocked
│   ├── ModelCutShort
│   ├── ModelSilent
│   └── ModelNotConfigured
└── WorkerError                   what a queue worker decides about its message
    ├── RetryLater                leave it in the queue
    └── PermanentFailure          no retry can help: move it to the dead-letter queue
"""

from typing import Any, ClassVar, Self


class FalaAIError(Exception):
    """Base of every error FalaAI raises on purpose.

    `code` is the machine word of the contract; `facts` are further fields of the JSON body, such as ids.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, *reason: object) -> None:
        super().__init__(*reason)
        self.facts: dict[str, Any] = {}

    def about(self, **facts: Any) -> Self:
        """The same error, telling the caller more."""
        self.facts.update(facts)
        return self


class SettingsError(FalaAIError):
    """A setting is missing, weak or a placeholder; the message is one sentence for the operator."""


class RequestError(FalaAIError):
    """The request cannot be served as it was asked."""


class InvalidInput(RequestError):
    """Input that passed the form's types but breaks a rule; `field` names where."""

    code = "invalid_input"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class UnreadableRequest(RequestError):
    """The request's headers or address hold bytes that are no text."""

    code = "bad_request"


class NotSignedIn(RequestError):
    code = "not_signed_in"


class WrongCredentials(RequestError):
    """A wrong password, an unknown email and an unconfirmed one alike."""

    code = "wrong_credentials"


class CrossOrigin(RequestError):
    code = "cross_origin"


class NotFound(RequestError):
    code = "not_found"


class Conflict(RequestError):
    """The same client_id came again with another text."""

    code = "conflict"


class StillAnswering(RequestError):
    """The reply is being generated right now; it can be followed or stopped."""

    code = "still_answering"


class LinkNotValid(RequestError):
    code = "link_not_valid"


class TooManyRequests(RequestError):
    """A limit is reached; `retry_after` says in how many whole seconds it opens again."""

    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class QuotaReached(TooManyRequests):
    """The person has used up the day's messages; `retry_after` leads to midnight in Sao Paulo."""

    code = "quota_reached"


class CeilingReached(TooManyRequests):
    """The whole deployment has used up the day's messages."""

    code = "ceiling_reached"


class TooManyReplies(TooManyRequests):
    """As many replies as one person may have are being generated; the fact `limite` says how many."""

    code = "too_many_replies"


class TooManyFollowers(TooManyRequests):
    """As many requests as one person may have wait for replies that others generate. The facts name the reply, which
    can be polled."""

    code = "too_many_followers"


class NotTheLast(RequestError):
    """Only the last reply can be answered again, or one that failed."""

    code = "not_the_last"


class MoreFollows(RequestError):
    """More messages follow a question than the person agreed to delete by editing it."""

    code = "more_follow"


class Unavailable(FalaAIError):
    code = "unavailable"


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"


class QueueUnavailable(Unavailable):
    code = "queue_unavailable"


class PicturesUnavailable(Unavailable):
    code = "pictures_unavailable"


class LanguageModelError(FalaAIError):
    code = "model_error"


class ModelTimedOut(LanguageModelError):
    code = "model_timed_out"


class ModelRateLimited(LanguageModelError):
    code = "model_rate_limited"


class ModelUnavailable(LanguageModelError):
    code = "model_unavailable"


class ModelInterrupted(LanguageModelError):
    """The stream ended before the model said it had finished."""

    code = "model_interrupted"


class ModelMalformed(LanguageModelError):
    code = "model_malformed"


class ModelBlocked(LanguageModelError):
    """Gemini's safety rules refused the question or the answer."""

    code = "model_blocked"


class ModelCutShort(LanguageModelError):
    """The answer reached the model's own limit of tokens."""

    code = "model_cut_short"


class ModelSilent(LanguageModelError):
    """The model finished without a word."""

    code = "model_silent"


class ModelNotConfigured(LanguageModelError):
    """No model of GEMINI_MODEL can be used with this key."""

    code = "model_not_configured"


class WorkerError(FalaAIError):
    """What a worker decides about a queue message it could not process."""


class RetryLater(WorkerError):
    code = "retry_later"


class PermanentFailure(WorkerError):
    code = "permanent_failure"


def language_model_error(code: str) -> LanguageModelError:
    """The error whose code a reply's row holds."""
    kinds = {kind.code: kind for kind in LanguageModelError.__subclasses__()}
    return kinds.get(code, LanguageModelError)(f"stored as {code}")
