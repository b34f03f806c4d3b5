"""Messages in SQS: ids only, never secrets or text. A message may arrive twice, late or malformed."""

from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class QueueMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class TitleRequested(QueueMessage):
    """Give this conversation a title, unless it has one, and store facts that the user told in the first question."""

    conversation_id: int


class SummaryRequested(QueueMessage):
    """Summarize the oldest turns of this conversation, if they still pass the limit, and store facts told in them."""

    conversation_id: int


class DigestRequested(QueueMessage):
    """Write the digest of this user's file, and the transcript if it is audio, unless it has one."""

    file_id: int
    user_id: int


class CleanupRequested(QueueMessage):
    """Continue a cleanup that ran out of time, or run one of its tasks: that of `only`.

    `round` counts continuations, which have a limit. The deletion of a conversation sends "deleted_conversations", to
    arrive when it can no longer be undone; the deletion of an attachment, "unused_files"; the deletion of an account,
    "closed_account" with its `user_id`. The schedule of each hour asks for "temporary_conversations".

    Unknown fields are ignored: events of the schedule that failed are replayed through the same queue.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    round: int = 1
    only: Literal["deleted_conversations", "unused_files", "closed_account", "temporary_conversations"] | None = None
    user_id: int | None = None


class ExportRequested(QueueMessage):
    """Build the archive of this user's data for this request, unless it is ready or the account is deleted."""

    export_id: int
    user_id: int


class EmailRequested(QueueMessage):
    """Send an email of this kind to this user; the email function makes the link.

    "convite" goes to the address of an invitation, whose id is in `user_id`: a worker of an older release would
    refuse another field. "nenhuma" sends nothing. It makes a request for an unknown address take as long as one for
    a known address.
    """

    # The JSON field is `letter`: messages of an older release may still wait in the queue.
    kind: Literal[
        "verificar",
        "conta_existente",
        "senha",
        "senha_trocada",
        "email",
        "email_trocado",
        "exportacao",
        "convite",
        "nenhuma",
    ] = Field(validation_alias=AliasChoices("kind", "letter"), serialization_alias="letter")
    user_id: int


NO_EMAIL = EmailRequested(kind="nenhuma", user_id=0)
