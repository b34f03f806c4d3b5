"""A conversation to take away."""

import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum

from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message
from falaai_chat.shapes import conversation_shape, message_shape

SPEAKERS = {"usuario": "Você", "ia": "FalaAí"}


class Format(StrEnum):
    MARKDOWN = "md"
    JSON = "json"


def _markdown(conversation: Conversation, messages: Sequence[Message]) -> str:
    parts = [f"# {conversation.title}"]
    parts += [f"## {SPEAKERS[message.author]}\n\n{message.text}" for message in messages]
    return "\n\n".join(parts) + "\n"


def _json(conversation: Conversation, messages: Sequence[Message]) -> str:
    shapes = [message_shape(one) for one in messages]
    return json.dumps({**conversation_shape(conversation), "mensagens": shapes}, ensure_ascii=False, indent=2)


EXPORTS: dict[Format, tuple[str, Callable[[Conversation, Sequence[Message]], str]]] = {
    Format.MARKDOWN: ("text/markdown; charset=utf-8", _markdown),
    Format.JSON: ("application/json", _json),
}


def file_name(conversation: Conversation, format: Format) -> str:  # noqa: A002 - the contract's own word
    """The title with nothing in it that a file system would mind."""
    title = re.sub(r"[^\w -]+", " ", conversation.title).strip()
    return f"{title or 'conversa'}.{format.value}"
