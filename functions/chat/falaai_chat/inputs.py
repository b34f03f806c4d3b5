"""What the page may send."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from falaai.web import texts
from falaai_chat.prompts import DEFAULT_LANGUAGE

MESSAGE_MAX_CHARACTERS = 8000


def _not_blank(message: str) -> str:
    if not message.strip():
        raise ValueError(texts.MESSAGE_EMPTY)
    return message


class MessageInput(BaseModel):
    """POST /chat/message. `client_id` is made by the client, once per message, so that a repeat is no new one."""

    message: Annotated[str, Field(max_length=MESSAGE_MAX_CHARACTERS), AfterValidator(_not_blank)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = DEFAULT_LANGUAGE
    conversation_id: int | None = None
    client_id: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")] | None = None
