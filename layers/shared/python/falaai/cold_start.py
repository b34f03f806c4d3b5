"""Cold start: everything that pauses the garbage collector, and the slow import of LangChain.

Every entry point imports this module first and passes its handler to `end_cold_start` last. Imported modules stay
until the process ends, and searching them for garbage took a tenth of a cold start (docs/performance.md).
"""

import gc
import importlib
from functools import cache
from typing import TypeVar

Handler = TypeVar("Handler")

gc.disable()


def end_cold_start(handler: Handler) -> Handler:
    """Enable the garbage collector, but exclude all objects created so far. Returns the same handler."""
    gc.freeze()
    gc.enable()
    return handler


@cache
def import_langchain() -> None:
    """Import LangChain and Google's client with the garbage collector paused. It takes about a second."""
    gc.disable()
    try:
        importlib.import_module("langchain_google_genai.chat_models")
        importlib.import_module("langchain_core.messages.utils")
    finally:
        gc.freeze()
        gc.enable()
