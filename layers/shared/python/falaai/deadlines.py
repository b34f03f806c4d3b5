"""The time a request or an invocation has left, known to everything it calls: what waits, waits no longer than that.

Timeouts of sockets are per read, so a server that drips holds its caller for ever; these are totals.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Thread
from typing import TypeVar

# Below the function's own timeout, so that a request that is too slow still gets an answer of ours.
REQUEST_SECONDS = 25.0

Result = TypeVar("Result")
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything called inside ends in so many seconds, or in less if less was left before."""
    token = _ends_at.set(time.monotonic() + seconds_left(seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(at_most: float, reserve: float = 0) -> float:
    """How long to wait at most; `reserve` is kept for what comes after. Not below zero."""
    ends_at = _ends_at.get()
    return at_most if ends_at is None else max(0.0, min(at_most, ends_at - time.monotonic() - reserve))


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """What `call` gives or raises, or TimeoutError if it takes longer; then it is left behind in its thread."""
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, and raised there
            outcome.set_exception(error)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    return outcome.result(seconds_left(seconds))
