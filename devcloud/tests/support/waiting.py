"""Wait for a condition, with a limit that only a test that hangs can reach."""

import time
from collections.abc import Callable
from typing import Any

# Longer than a busy machine needs, so that it never decides about a result.
HANG_SECONDS = 150


def eventually(condition: Callable[[], Any]) -> Any:
    """Poll until `condition()` is true. Returns its value. Raises TimeoutError after HANG_SECONDS."""
    deadline = time.monotonic() + HANG_SECONDS
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition of the test did not become true within {HANG_SECONDS} s")
        time.sleep(0.05)
    return result
