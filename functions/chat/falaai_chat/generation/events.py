"""The events of a reply, in addition to those of the model, and the state to store for its end."""

from dataclasses import dataclass

from falaai.language_model import NO_USAGE, Completed, Delta, Failed, Heartbeat, Usage
from falaai.repositories.facts import Fact
from falaai.repositories.messages import State


@dataclass(frozen=True)
class Interrupted:
    """The end of a reply that a user stopped, or whose process died (`error`), with the text that had arrived."""

    text: str
    error: str | None = None
    usage: Usage = NO_USAGE


@dataclass(frozen=True)
class Remembered:
    """Facts that the user has asked to remember in the question, and that are stored. It comes before Completed."""

    facts: tuple[Fact, ...]


ReplyEnd = Completed | Interrupted | Failed
ReplyEvent = Delta | Heartbeat | Remembered | ReplyEnd


def state_of(end: ReplyEnd) -> State:
    """Return the state to store for this end of a reply."""
    match end:
        case Completed():
            return State.COMPLETE
        case Interrupted():
            return State.INTERRUPTED
        case Failed():
            return State.FAILED
