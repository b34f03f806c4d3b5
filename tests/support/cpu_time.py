"""Compare the CPU time of hostile input with that of ordinary input, measured beside it.

A limit in seconds fails on a slow machine. A ratio does not: both sides become slower.
"""

import time
from collections.abc import Callable

# The least of three: a first import, a garbage collection or a moment of contention does not fall into all of them.
_TRIES = 3


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of the current thread for the work, in seconds, of three tries."""
    taken = []
    for _ in range(_TRIES):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)
