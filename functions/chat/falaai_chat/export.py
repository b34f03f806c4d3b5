"""Export of a conversation as one file, or as several parts if it is too long for one response."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from falaai.conversation_markdown import file_stem, message_section, title_line
from falaai.database import Statements
from falaai.repositories import attachments, messages
from falaai.repositories.conversations import Conversation
from falaai.repositories.messages import Message
from falaai.web import texts
from falaai_chat.views import conversation_shape, message_shape, search_shape

# Largest size of all messages in one file, in bytes. Lambda's response limit is 6 MB, and escaping can double the
# size of the text.
FILE_MAX_BYTES = 2_500_000
# Messages per query, so that only the messages of this file are read, not the whole conversation.
_READ_MESSAGES = 100


class Format(StrEnum):
    MARKDOWN = "md"
    JSON = "json"


@dataclass(frozen=True)
class Part:
    """Messages of a conversation, oldest first. The next part begins after the seq `next_after`.

    `attachments` has the names of the files of a message by its id.
    """

    conversation: Conversation
    messages: list[Message]
    next_after: int | None
    attachments: dict[int, list[str]]


def read_part(sql: Statements, conversation: Conversation, after_seq: int) -> Part:
    """Read the messages after `after_seq` that fit into one file, but at least one message."""
    found, next_after = _read_messages(sql, conversation, after_seq)
    names = attachments.list_names(sql, conversation.user_id, [message.id for message in found])
    return Part(conversation, found, next_after, names)


def _read_messages(sql: Statements, conversation: Conversation, after_seq: int) -> tuple[list[Message], int | None]:
    """Return the messages of a part, and the seq after which the next part begins, or None at the end."""
    found, size = list[Message](), 0
    while page := messages.list_messages(sql, conversation.id, after_seq, _READ_MESSAGES):
        for message in page:
            size += len(json.dumps(_exported(message, []), ensure_ascii=False, indent=2).encode())
            if found and size > FILE_MAX_BYTES:
                return found, after_seq
            found.append(message)
            after_seq = message.seq
    return found, None


def _markdown(part: Part, next_part: str | None) -> str:
    sections = [
        message_section(message.author, message.text, part.attachments.get(message.id, []), message.grounding)
        for message in part.messages
    ]
    end = f"\n---\n\n{texts.EXPORT_GOES_ON.format(address=next_part)}\n" if next_part else ""
    return title_line(part.conversation.title) + "".join(sections) + end


def _exported(message: Message, names: list[str]) -> dict[str, Any]:
    """Return the fields of message_shape, the names of a question's files, and a reply's mode, model and search."""
    is_reply = message.author == "ia"
    reply = {"modo": message.mode, "modelo": message.model, "pesquisa": search_shape(message.grounding)}
    more = reply if is_reply else {"anexos": names}
    return {**message_shape(message), **more}


def _json(part: Part, next_part: str | None) -> str:
    exported = [_exported(one, part.attachments.get(one.id, [])) for one in part.messages]
    content = {**conversation_shape(part.conversation), "mensagens": exported}
    if next_part:
        content["continua_em"] = next_part
    return json.dumps(content, ensure_ascii=False, indent=2)


EXPORTS: dict[Format, tuple[str, Callable[[Part, str | None], str]]] = {
    Format.MARKDOWN: ("text/markdown; charset=utf-8", _markdown),
    Format.JSON: ("application/json", _json),
}


def file_name(conversation: Conversation, format: Format, after_seq: int) -> str:  # noqa: A002 - name of the query parameter
    """Return a file name from the title, without characters that a file system refuses."""
    part = f" a partir de {after_seq + 1}" if after_seq else ""
    return f"{file_stem(conversation.title)}{part}.{format.value}"
