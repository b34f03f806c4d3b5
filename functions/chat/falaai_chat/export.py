"""A conversation to take away: in one file, or in parts where one answer cannot hold it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from falaai.database import Statements
from falaai.repositories import messages
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message
from falaai.web import texts
from falaai_chat.views import conversation_shape, message_shape

# Bytes of the messages of one file. Lambda's answers end at 6 MB, in which JSON's quotation marks take twice as much.
FILE_MAX_BYTES = 2_500_000
# Messages read at once; a long conversation is not read to its end for a file that ends before.
_READ_MESSAGES = 100

SPEAKERS = {"usuario": "Você", "ia": "FalaAí"}


class Format(StrEnum):
    MARKDOWN = "md"
    JSON = "json"


@dataclass(frozen=True)
class Part:
    """A conversation's messages, oldest first; `next_after` is the seq after which the next part begins, if there is
    one."""

    conversation: Conversation
    messages: list[Message]
    next_after: int | None


def read_part(sql: Statements, conversation: Conversation, after_seq: int) -> Part:
    """Read as many messages after this seq as one file holds, one at least."""
    found, size = list[Message](), 0
    while page := messages.list_messages(sql, conversation.id, after_seq, _READ_MESSAGES):
        for message in page:
            size += len(json.dumps(message_shape(message), ensure_ascii=False, indent=2).encode())
            if found and size > FILE_MAX_BYTES:
                return Part(conversation, found, after_seq)
            found.append(message)
            after_seq = message.seq
    return Part(conversation, found, None)


def _markdown(part: Part, next_part: str | None) -> str:
    parts = [f"# {part.conversation.title}"]
    parts += [f"## {SPEAKERS[message.author]}\n\n{message.text}" for message in part.messages]
    if next_part:
        parts.append(f"---\n\n{texts.EXPORT_GOES_ON.format(address=next_part)}")
    return "\n\n".join(parts) + "\n"


def _json(part: Part, next_part: str | None) -> str:
    content = {**conversation_shape(part.conversation), "mensagens": [message_shape(one) for one in part.messages]}
    if next_part:
        content["continua_em"] = next_part
    return json.dumps(content, ensure_ascii=False, indent=2)


EXPORTS: dict[Format, tuple[str, Callable[[Part, str | None], str]]] = {
    Format.MARKDOWN: ("text/markdown; charset=utf-8", _markdown),
    Format.JSON: ("application/json", _json),
}


def file_name(conversation: Conversation, format: Format, after_seq: int) -> str:  # noqa: A002 - the contract's own word
    """The title with nothing in it that a file system would mind."""
    title = re.sub(r"[^\w -]+", " ", conversation.title).strip()
    part = f" a partir de {after_seq + 1}" if after_seq else ""
    return f"{title or 'conversa'}{part}.{format.value}"
