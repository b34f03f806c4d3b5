"""CPU time that rendering may take: model text decides how much work it is, and hostile text is much."""

import time


class TooComplex(Exception):
    """The text would take more time, or give more HTML, than one message may."""


class Budget:
    """Seconds of CPU time of the thread that makes it; a busy machine does not make them shorter."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.thread_time() + seconds

    def is_spent(self) -> bool:
        return time.thread_time() >= self._ends_at

    def check(self) -> None:
        """Raises TooComplex once the time is spent."""
        if self.is_spent():
            raise TooComplex
