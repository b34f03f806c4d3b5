"""Both ends of a cold start: every entry point imports this module first and passes its handler to `end_cold_start` last.

What imports make stays for ever; looking for garbage among it took a tenth of the start (docs/performance.md).
"""

import gc
from typing import TypeVar

Handler = TypeVar("Handler")

gc.disable()


def end_cold_start(handler: Handler) -> Handler:
    """The same handler. From here on garbage is collected, and what start made is no longer looked at."""
    gc.freeze()
    gc.enable()
    return handler
