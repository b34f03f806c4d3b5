"""All errors that FalaAI raises on purpose. `falaai.web.error_responses` maps them to statuses and sentences.

They are in one module, since they are one table: the tree, and below it the code of each error. Tests compare it with
the classes, statuses and sentences.

FalaAIError
├── SettingsError                 the operator's mistake: a setting is missing, weak or a placeholder
├── RequestError                  the caller's mistake
│   ├── InvalidInput
│   ├── UnreadableRequest
│   ├── NotSignedIn
│   ├── WrongCredentials
│   ├── CrossOrigin
│   ├── AccountBlocked
│   ├── AdminsOnly
│   ├── PasswordNeeded
│   ├── LastAdmin
│   ├── SignUpClosed
│   ├── InvitationNeeded
│   ├── InvitationNotValid
│   ├── NotFound
│   ├── Conflict
│   ├── StillAnswering
│   ├── LinkNotValid
│   ├── ExportExpired
│   ├── ExportTooLarge
│   ├── FileTooLarge
│   ├── UploadIncomplete
│   ├── NotTheLast
│   ├── AttachmentNotReady
│   ├── OtherVersionShown
│   └── TooManyRequests           carries retry_after, in seconds
│       ├── QuotaReached
│       │   ├── ThinkingQuotaReached
│       │   └── SearchQuotaReached
│       ├── DailyUploadsReached
│       ├── TooManyReplies
│       ├── TooManyFollowers
│       └── CeilingReached
│           ├── ThinkingCeilingReached
│           └── SearchCeilingReached
├── Unavailable                   a dependency fails; the same request may succeed later
│   ├── DatabaseUnavailable
│   ├── QueueUnavailable
│   ├── PicturesUnavailable
│   └── AttachmentsUnavailable
├── LanguageModelError            Gemini fails; the stored question can be answered again
│   ├── ModelTimedOut
│   ├── ModelRateLimited
│   ├── ModelUnavailable
│   ├── ModelInterrupted
│   ├── ModelMalformed
│   ├── ModelBlocked
│   ├── ModelCutShort
│   ├── ModelSilent
│   ├── ModelNotConfigured
│   ├── ModelCannotRead
│   ├── FilesUnavailable
│   └── FileMissing
└── WorkerError                   the decision of a queue worker about its message
    ├── RetryLater                leave it in the queue
    └── PermanentFailure          no retry can help: move it to the dead-letter queue
"""

from typing import Any, ClassVar, Self


class FalaAIError(Exception):
    """Base class. `code` is the machine-readable code of the JSON body; `facts` are additional fields of it."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, *reason: object) -> None:
        super().__init__(*reason)
        self.facts: dict[str, Any] = {}

    def about(self, **facts: Any) -> Self:
        """Add fields to the JSON body. Returns the same error."""
        self.facts.update(facts)
        return self


class SettingsError(FalaAIError):
    """A setting is missing, weak or a placeholder. The message is one sentence for the operator."""


class RequestError(FalaAIError):
    """The request cannot be fulfilled; repeating it unchanged does not help."""


class InvalidInput(RequestError):
    """The value of `field` breaks a rule. `sentence` tells the user which one, in Portuguese."""

    code = "invalid_input"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


class UnreadableRequest(RequestError):
    """The headers or the URL of the request are not valid UTF-8."""

    code = "bad_request"


class NotSignedIn(RequestError):
    code = "not_signed_in"


class WrongCredentials(RequestError):
    """The password is wrong, the address is unknown, or it is unconfirmed: the caller must not learn which."""

    code = "wrong_credentials"


class CrossOrigin(RequestError):
    code = "cross_origin"


class AccountBlocked(RequestError):
    """The password is right, but an operator has blocked the account."""

    code = "account_blocked"


class AdminsOnly(RequestError):
    code = "admins_only"


class PasswordNeeded(RequestError):
    """The operator must confirm the password first, because the last confirmation is too long ago."""

    code = "password_needed"


class LastAdmin(RequestError):
    """The act would leave no operator."""

    code = "last_admin"


class SignUpClosed(RequestError):
    """This deployment takes no new accounts (SIGNUP=closed)."""

    code = "signup_closed"


class InvitationNeeded(RequestError):
    """This deployment takes new accounts by invitation only (SIGNUP=invite)."""

    code = "invitation_needed"


class InvitationNotValid(RequestError):
    """The invitation is unknown, revoked, expired, used up, or for another address."""

    code = "invitation_not_valid"


class NotFound(RequestError):
    code = "not_found"


class Conflict(RequestError):
    """A stored client_id was sent again with another text."""

    code = "conflict"


class StillAnswering(RequestError):
    """The reply is still being generated. The client can poll or stop it."""

    code = "still_answering"


class LinkNotValid(RequestError):
    code = "link_not_valid"


class ExportExpired(RequestError):
    """The archive has expired and was deleted."""

    code = "export_expired"


class ExportTooLarge(RequestError):
    """The data do not fit into one answer; an archive can be requested instead."""

    code = "export_too_large"


class FileTooLarge(RequestError):
    """The declared size of an attachment is over the limit."""

    code = "file_too_large"


class UploadIncomplete(RequestError):
    """The object of an attachment is not there, or it has fewer bytes than declared."""

    code = "upload_incomplete"


class TooManyRequests(RequestError):
    """A limit is reached. The caller may try again after `retry_after` whole seconds."""

    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class QuotaReached(TooManyRequests):
    """The user has sent all messages of the day. `retry_after` is the time to midnight in São Paulo."""

    code = "quota_reached"


class ThinkingQuotaReached(QuotaReached):
    """The user has sent all messages of the day in the mode THINK. The other mode still answers."""

    code = "thinking_quota_reached"


class CeilingReached(TooManyRequests):
    """All users together have sent the messages of the day."""

    code = "ceiling_reached"


class ThinkingCeilingReached(CeilingReached):
    """All users together have sent the messages of the day in the mode THINK. The other mode still answers."""

    code = "thinking_ceiling_reached"


class SearchQuotaReached(QuotaReached):
    """The user has sent all messages of the day that search the web. Messages without a search are still answered."""

    code = "daily_searches"


class SearchCeilingReached(CeilingReached):
    """All users together have sent the messages of the day that search. Clients react as to SearchQuotaReached."""

    code = "daily_searches"


class DailyUploadsReached(TooManyRequests):
    """The user has uploaded all megabytes of the day, given in the field `limite`."""

    code = "daily_uploads"


class TooManyReplies(TooManyRequests):
    """The user already has the largest allowed number of running replies, given in the field `limite`."""

    code = "too_many_replies"


class TooManyFollowers(TooManyRequests):
    """Too many requests of the user already wait for replies that other requests generate.

    The additional fields name the reply, so that the client can poll it instead.
    """

    code = "too_many_followers"


class NotTheLast(RequestError):
    """Only the last reply of a conversation, or a failed one, can be generated again."""

    code = "not_the_last"


class AttachmentNotReady(RequestError):
    """An attachment of the question is still being uploaded, or it was refused."""

    code = "attachment_not_ready"


class OtherVersionShown(RequestError):
    """The message belongs to a version that is not shown."""

    code = "other_version"


class Unavailable(FalaAIError):
    code = "unavailable"


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"


class QueueUnavailable(Unavailable):
    code = "queue_unavailable"


class PicturesUnavailable(Unavailable):
    code = "pictures_unavailable"


class AttachmentsUnavailable(Unavailable):
    code = "attachments_unavailable"


class LanguageModelError(FalaAIError):
    code = "model_error"


class ModelTimedOut(LanguageModelError):
    code = "model_timed_out"


class ModelRateLimited(LanguageModelError):
    code = "model_rate_limited"


class ModelUnavailable(LanguageModelError):
    code = "model_unavailable"


class ModelInterrupted(LanguageModelError):
    """The model's stream ended without a finish reason."""

    code = "model_interrupted"


class ModelMalformed(LanguageModelError):
    code = "model_malformed"


class ModelBlocked(LanguageModelError):
    """Gemini's safety filter blocked the question or the answer."""

    code = "model_blocked"


class ModelCutShort(LanguageModelError):
    """The answer reached the limit of output tokens."""

    code = "model_cut_short"


class ModelSilent(LanguageModelError):
    """The model finished without any text."""

    code = "model_silent"


class ModelNotConfigured(LanguageModelError):
    """The API key can use no model of GEMINI_MODEL."""

    code = "model_not_configured"


class ModelCannotRead(LanguageModelError):
    """No model of GEMINI_MODEL takes files of this kind, or the model could not read this one."""

    code = "model_cannot_read"


class FilesUnavailable(LanguageModelError):
    """The files of the question could not be read from S3, by us or by Gemini."""

    code = "files_unavailable"


class FileMissing(LanguageModelError):
    """A file of the question does not exist any more, or its bytes are not those that were checked."""

    code = "file_missing"


class WorkerError(FalaAIError):
    """A worker could not process a queue message."""


class RetryLater(WorkerError):
    code = "retry_later"


class PermanentFailure(WorkerError):
    code = "permanent_failure"


def language_model_error(code: str) -> LanguageModelError:
    """Return the error for the code that is stored with a failed reply."""
    kinds = {kind.code: kind for kind in LanguageModelError.__subclasses__()}
    return kinds.get(code, LanguageModelError)(f"stored as {code}")
