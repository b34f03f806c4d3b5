"""What travels through SQS: ids, never secrets or text. A message may arrive twice, late or broken."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class QueueMessage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TitleRequested(QueueMessage):
    """Give this conversation a title, unless a person or an earlier message did."""

    conversation_id: int


class SummaryRequested(QueueMessage):
    """Fold the oldest turns of this conversation into its summary, if it is still too long."""

    conversation_id: int


class CleanupRequested(QueueMessage):
    """Go on with a sweep that ran out of time. Whatever else it holds is nothing to us: events of the schedule that
    became dead letters are replayed as they are."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EmailRequested(QueueMessage):
    """Write this letter to this person; the email function makes the link itself.

    "nenhuma" asks for none: who has no account costs the sender the same message as who has one.
    """

    letter: Literal["verificar", "conta_existente", "senha", "senha_trocada", "email", "email_trocado", "nenhuma"]
    user_id: int


NO_EMAIL = EmailRequested(letter="nenhuma", user_id=0)
