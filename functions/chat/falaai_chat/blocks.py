"""Blocks of a growing reply that no further text can change, found in work that grows with the text."""

import time
from dataclasses import dataclass

from falaai.markdown import MESSAGE_SECONDS, finished_until, to_html
from falaai.render_budget import TooComplex

# The open block is parsed again when it has grown by this factor: all parses of a reply of n characters together read
# at most n * GROWTH / (GROWTH - 1) characters, eleven times the reply.
GROWTH = 1.1
# CPU seconds for all blocks of one reply; after them the page waits for the end.
REPLY_SECONDS = 1.0


@dataclass(frozen=True)
class Block:
    """Safe HTML of the reply up to character `until`."""

    html: str
    until: int


class FinishedBlocks:
    """The blocks of one reply. Ask with the whole text so far, each time a line has ended."""

    def __init__(self) -> None:
        self._until = 0
        self._next_length = 0.0
        self._seconds_left = REPLY_SECONDS

    def find(self, text: str) -> Block | None:
        """Return the blocks that have been finished since the last call, or None."""
        if self._seconds_left <= 0 or len(text) - self._until < self._next_length:
            return None
        began = time.thread_time()
        try:
            return self._find(text)
        except TooComplex:
            self._seconds_left = 0
            return None
        finally:
            self._seconds_left -= time.thread_time() - began

    def _find(self, text: str) -> Block | None:
        start, seconds = self._until, min(MESSAGE_SECONDS, self._seconds_left)
        self._until += finished_until(text[start:], seconds)
        self._next_length = GROWTH * (len(text) - self._until)
        if self._until == start:
            return None
        return Block(to_html(text[start : self._until], seconds), self._until)
