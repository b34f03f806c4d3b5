"""Request bodies of the chat routes and their validation. Error messages are in Portuguese, for the user."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from falaai.modes import Mode
from falaai.plain_lines import plain_line
from falaai.repositories.attachments import MOST_PER_MESSAGE
from falaai.repositories.conversations import TITLE_MAX_CHARACTERS
from falaai.repositories.ratings import Rating, Reason
from falaai.web import texts

MESSAGE_MAX_CHARACTERS = 32_000
DEFAULT_LANGUAGE = "pt-BR"


def _not_blank(message: str) -> str:
    if not message.strip():
        raise ValueError(texts.MESSAGE_EMPTY)
    return message


def _title(written: str) -> str:
    title = plain_line(written)
    if not title:
        raise ValueError(texts.TITLE_EMPTY)
    return title


MessageText = Annotated[str, Field(max_length=MESSAGE_MAX_CHARACTERS), AfterValidator(_not_blank)]
# The length is not part of the pattern, because `[\w-]{1,64}` takes 4 ms to compile at each use.
ClientId = Annotated[str, Field(pattern=r"^[\w-]+$", max_length=64)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
# The largest id of the database's INT columns.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


# The largest id of the database's BIGINT columns.
LongId = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _each_once(ids: list[int]) -> list[int]:
    if len(set(ids)) < len(ids):
        raise ValueError(texts.ATTACHMENT_TWICE)
    return ids


AttachmentIds = Annotated[list[LongId], Field(max_length=MOST_PER_MESSAGE), AfterValidator(_each_once)]


class ReplyInput(BaseModel):
    """Fields of every request for a reply: language, mode (`rapido` or `pensar`), `buscar` and `reler`.

    With `buscar` the model may search the web. `reler` names attachments of earlier questions of the conversation:
    the model reads their files again.
    """

    language: Language = DEFAULT_LANGUAGE
    modo: Mode = Mode.FAST
    buscar: bool = False
    reler: AttachmentIds = []


class Destination(BaseModel):
    """The conversation of a new question: the named one, or with `nova` a new one, with `temporaria` a temporary one.

    Without either field it is the session's active conversation. The original application's page sends neither field.
    `user_id` is the user of the page. The question is refused if another user has signed in meanwhile.
    """

    user_id: Id | None = None
    conversation_id: Id | None = None
    nova: bool = False
    temporaria: bool = False

    @field_validator("nova")
    @classmethod
    def _either_one(cls, nova: bool, info: ValidationInfo) -> bool:
        if nova and info.data.get("conversation_id") is not None:
            raise ValueError(texts.NEW_AND_NAMED)
        return nova

    @field_validator("temporaria")
    @classmethod
    def _only_new(cls, temporaria: bool, info: ValidationInfo) -> bool:
        if temporaria and not info.data.get("nova"):
            raise ValueError(texts.TEMPORARY_FROM_THE_BEGINNING)
        return temporaria


class MessageInput(ReplyInput, Destination):
    """A new question. A retry has the same `client_id`, so that the question is not stored twice.

    `anexos` names uploads that are ready and not sent yet, in the order in which they are shown.
    """

    message: MessageText
    client_id: ClientId | None = None
    anexos: AttachmentIds = []


class EditInput(ReplyInput):
    """A new version of a stored question. It keeps the attachments of the question."""

    message: MessageText
    client_id: ClientId | None = None


class StreamInput(ReplyInput, Destination):
    """POST /chat/stream: a new question, a reply to generate again, or an edited question.

    A new question has the fields of MessageInput. `regenerate` is the id of a reply. `edit` is the id of a question,
    and `message` is its new text.
    """

    message: MessageText | None = None
    client_id: ClientId | None = None
    anexos: AttachmentIds = []
    regenerate: Id | None = None
    edit: Id | None = None


class BegunConversation(BaseModel):
    """The temporary conversation that the question with this `client_id` has begun, or is about to begin."""

    client_id: ClientId


class VersionInput(BaseModel):
    """The version to show: number `versao` in the place of a shown message; without it, the message itself."""

    versao: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class RatingInput(BaseModel):
    """The rating of a reply: `nota` with an optional `motivo`, or null to take it back."""

    nota: Rating | None
    motivo: Reason | None = None


class ConversationChange(BaseModel):
    """PATCH /conversation/{id}. Only the given fields change."""

    titulo_conversa: Annotated[str, Field(max_length=TITLE_MAX_CHARACTERS), AfterValidator(_title)] | None = None
    fixada: bool | None = None
