"""The remaining time of a request or invocation, for everything that it calls.

A socket timeout applies to each read, so a server that sends one byte at a time would never time out. The deadlines
here limit the total time.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Thread
from typing import TypeVar

# Below the function's timeout of 28 s, so that a slow request still gets an error response of our own.
REQUEST_SECONDS = 25.0

Result = TypeVar("Result")
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit the `with` block to this many seconds, or to the outer deadline if that comes first."""
    token = _ends_at.set(time.monotonic() + seconds_left(seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(at_most: float, reserve: float = 0) -> float:
    """Return the seconds until the deadline less `reserve`, at least 0 and at most `at_most`.

    `reserve` keeps time for the work after the wait.
    """
    ends_at = _ends_at.get()
    return at_most if ends_at is None else max(0.0, min(at_most, ends_at - time.monotonic() - reserve))


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """Run `call` in another thread and return its result, or raise its error.

    Raises TimeoutError after `seconds` or at the deadline. The thread then goes on, and its result is dropped.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            outcome.set_exception(error)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    return outcome.result(seconds_left(seconds))
