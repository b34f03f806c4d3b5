"""Prompts as messages of LangChain, and the offline estimate of their tokens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from falaai.conversation_memory import Turn
from falaai.language_model import MediaFile, Prompt
from falaai.plain_lines import plain_line

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


def messages_of(prompt: Prompt) -> "list[BaseMessage]":
    """Return the system message and the turns. The files stand before the text of the last turn."""
    from langchain_core.messages import SystemMessage

    messages = [SystemMessage(prompt.system), *_turn_messages(prompt.turns)]
    if prompt.files:
        blocks = [block for file in prompt.files for block in _blocks(file)]
        messages[-1].content = [*blocks, {"type": "text", "text": prompt.turns[-1].text}]
    return messages


def _blocks(file: MediaFile) -> list[str | dict[str, Any]]:
    """Return the name of a file, and the file as a block of the type `media`.

    LangChain passes that type through. The address of any other type it would read itself, without any limit.
    """
    content = {"data": file.data} if file.uri is None else {"file_uri": file.uri}
    return [
        {"type": "text", "text": f"Arquivo anexado: “{plain_line(file.name)}”"},
        {"type": "media", "mime_type": file.media_type, **content},
    ]


def _turn_messages(turns: Sequence[Turn]) -> "list[BaseMessage]":
    from langchain_core.messages import AIMessage, HumanMessage

    return [HumanMessage(turn.text) if turn.author == "usuario" else AIMessage(turn.text) for turn in turns]


def count_tokens(turns: Sequence[Turn]) -> int:
    """Estimate the tokens of these turns offline: Gemini's own count is one HTTP call per message."""
    import_langchain()
    from langchain_core.messages.utils import count_tokens_approximately

    return count_tokens_approximately(_turn_messages(turns))


def import_langchain() -> None:
    """Import LangChain, which takes about a second, if this process has not imported it."""
    # Imported here, since importing cold_start pauses the garbage collector, which only an entry point starts again.
    from falaai import cold_start

    cold_start.import_langchain()
