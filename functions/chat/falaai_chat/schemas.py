"""What the page may send."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from falaai.plain_lines import plain_line
from falaai.repositories.conversations import TITLE_MAX_CHARACTERS
from falaai.web import texts
from falaai_chat.prompts import DEFAULT_LANGUAGE

MESSAGE_MAX_CHARACTERS = 8000


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
# Its length is not part of the pattern: with Unicode's letters 64 times over, that took 4 ms to compile, ten times.
ClientId = Annotated[str, Field(pattern=r"^[\w-]+$", max_length=64)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
# The widest id the database has; beyond it nothing can be found.
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class LanguageInput(BaseModel):
    """What every way of asking for a reply has in common."""

    language: Language = DEFAULT_LANGUAGE


class Destination(BaseModel):
    """Where a new question goes: to the conversation it names, or with `nova` to a new one. A client that sends
    neither means the session's active conversation, as the original application's page does.

    `user_id` is the person whose page sends the question; another one who has signed in meanwhile must not get it.
    """

    user_id: Id | None = None
    conversation_id: Id | None = None
    nova: bool = False

    @field_validator("nova")
    @classmethod
    def _either_one(cls, nova: bool, info: ValidationInfo) -> bool:
        if nova and info.data.get("conversation_id") is not None:
            raise ValueError(texts.NEW_AND_NAMED)
        return nova


class MessageInput(LanguageInput, Destination):
    """A new question. `client_id` is made by the client, once per message, so that a repeat is no new one."""

    message: MessageText
    client_id: ClientId | None = None


class Loss(BaseModel):
    """What an edit may delete. `seguintes` is how many messages the person was told will go, beyond the question's
    own reply; without it, any number may."""

    seguintes: Annotated[int, Field(ge=0)] | None = None


class EditInput(LanguageInput, Loss):
    """Another text for a question that was already asked."""

    message: MessageText
    client_id: ClientId | None = None


class StreamInput(LanguageInput, Destination, Loss):
    """POST /chat/stream: a new question like MessageInput, or a reply to give again (`regenerate`), or a question
    to replace (`edit`, with `message`); the last two by the id of their message."""

    message: MessageText | None = None
    client_id: ClientId | None = None
    regenerate: Id | None = None
    edit: Id | None = None


class ConversationChange(BaseModel):
    """PATCH /conversation/{id}: whichever is given changes."""

    titulo_conversa: Annotated[str, Field(max_length=TITLE_MAX_CHARACTERS), AfterValidator(_title)] | None = None
    fixada: bool | None = None
