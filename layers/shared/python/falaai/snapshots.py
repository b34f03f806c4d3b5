"""SnapStart: what a web function does before Lambda takes its snapshot, and after each restore of that.

A snapshot is one process that goes on in many places, maybe weeks later. What is slow to make goes into it; what must
not be shared or kept does not: connections, secrets, and the state of random generators.
"""

import gc
import os
import random
import ssl
from collections.abc import Callable

from falaai import aws_requests, settings
from falaai.database import database
from falaai.language_model import language_model


def register(warm_up: Callable[[], None]) -> None:
    """Have Lambda's runtime call both hooks; without SnapStart it never does."""
    # Lambda's runtime has it on its path; the streaming function's Python, which has other hooks, does not.
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(before_snapshot, warm_up)
    register_after_restore(after_restore)


def before_snapshot(warm_up: Callable[[], None]) -> None:
    """Warm up, then let go of everything that was built from settings; each is built anew at its next use."""
    warm_up()
    for builder in (
        database,
        language_model,
        aws_requests.session,
        aws_requests.fetched_credentials,
        settings.read,
    ):
        builder.cache_clear()
    gc.collect()  # closes the connections of clients that refer to themselves
    gc.freeze()


def after_restore() -> None:
    """Go on with other random numbers than the next restore; `secrets` and `uuid4` ask the kernel, which does so."""
    random.seed()
    ssl.RAND_add(os.urandom(32), 32)
