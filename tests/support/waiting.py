"""Wait for conditions, and measure durations without failing on a busy machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

# Limit for tests that hang. It is longer than a busy machine needs, so that it never decides about a result.
HANG_SECONDS = 150
# Only `make test-faults` checks durations: it runs on an otherwise idle machine.
IS_WHOLE = bool(os.environ.get("WHOLE"))


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Print the duration of the block. In `make test-faults`, fail if it exceeds `seconds`."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    print(f"{what}: {took:.2f} s")
    assert not IS_WHOLE or took < seconds, f"{what}: {took:.2f} s of {seconds} s"


def wait_until(condition: Any, what: str) -> Any:
    """Poll until `condition()` is true. Returns its value; fails the test with `what` after HANG_SECONDS."""
    deadline = time.monotonic() + HANG_SECONDS
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {HANG_SECONDS} s: {what}")
        time.sleep(0.05)
    return result
