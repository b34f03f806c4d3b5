"""The language model as the product sees it: prompts, typed events of an answer, and the interface of a model.

An answer is a Delta for each piece of text, a Heartbeat for each second without one, and at the end one Completed or
Failed. `falaai.gemini.models` has the real model.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from falaai.conversation_memory import Turn
from falaai.deadlines import seconds_left
from falaai.errors import LanguageModelError
from falaai.grounding import Grounding
from falaai.modes import Mode
from falaai.repositories.files import Kind


@dataclass(frozen=True)
class MediaFile:
    """A file that the model reads: its bytes (`data`), or an address from which Google reads it (`uri`).

    The address is a signed one of our own bucket, and no text of a user is ever part of it.
    """

    name: str
    kind: Kind
    media_type: str
    data: bytes | None = None
    uri: str | None = None


@dataclass(frozen=True)
class Prompt:
    """The input of the model: the system instruction, then the turns, the question last, with its files.

    `searches`: the model may search the web, and read pages that the question names.
    """

    system: str
    turns: tuple[Turn, ...]
    max_tokens: int = 8192
    mode: Mode = Mode.FAST
    files: tuple[MediaFile, ...] = ()
    searches: bool = False


@dataclass(frozen=True)
class Usage:
    """The model that answers, and the tokens that it has counted so far."""

    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0

    def after(self, earlier: "Usage") -> "Usage":
        """Return this usage with that of an earlier try, which was paid for too."""
        return Usage(self.model, self.tokens_in + earlier.tokens_in, self.tokens_out + earlier.tokens_out)


NO_USAGE = Usage()


@dataclass(frozen=True)
class Delta:
    """The next piece of the text."""

    text: str
    usage: Usage = NO_USAGE


@dataclass(frozen=True)
class Heartbeat:
    """A second passed without text."""


@dataclass(frozen=True)
class Completed:
    """The end of a complete answer, with its whole text, and with its search if the prompt allowed one."""

    text: str
    usage: Usage = NO_USAGE
    grounding: Grounding | None = None


@dataclass(frozen=True)
class Failed:
    """The end of a failed answer, with the text that had arrived, and with its search as in Completed."""

    error: LanguageModelError
    text: str = ""
    usage: Usage = NO_USAGE
    grounding: Grounding | None = None


ModelEvent = Delta | Heartbeat | Completed | Failed


class LanguageModel(Protocol):
    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        """Yield Delta and Heartbeat events, then one Completed or Failed, at the latest after `seconds`.

        Closing the generator cancels the request.
        """
        ...

    def warm_up(self) -> None:
        """Do the one-time work of a process's first answer. Spends no tokens. May raise any error."""
        ...


def ask(model: LanguageModel, prompt: Prompt, seconds: float) -> str:
    """Return the whole answer at once, for workers. Raises a LanguageModelError."""
    text = ""
    for event in model.stream(prompt, seconds_left(seconds)):
        match event:
            case Delta():
                text += event.text
            case Failed():
                raise event.error
    return text.strip()
