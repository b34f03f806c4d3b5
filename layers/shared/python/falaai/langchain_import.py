"""Importing LangChain and Google's client, which takes longer than all else that a function imports."""

import gc
import importlib
import importlib.util
import sys
from functools import cache
from types import ModuleType
from typing import Any


@cache
def prepare() -> None:
    """Import what answers are made with: three quarters of a second, less a third for what nobody uses here.

    LangSmith's types describe answers of LangSmith's service, and those of the streaming protocol are TypedDicts,
    which are dicts when the program runs. The garbage collector would look through all of it several times, and does
    not look at it afterwards either.
    """
    langsmith = importlib.util.find_spec("langsmith")
    if langsmith and langsmith.submodule_search_locations:
        folder = langsmith.submodule_search_locations[0]
        _stand_in("langsmith.types", __path__=[f"{folder}/types"])  # one of its modules is needed
    _stand_in("langchain_protocol", __path__=[])
    _stand_in("langchain_protocol.protocol", __getattr__=_dict_by_any_name)
    collects = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("langchain_google_genai.chat_models")
        importlib.import_module("langchain_core.messages.utils")
    finally:
        gc.freeze()
        if collects:
            gc.enable()


def _dict_by_any_name(name: str) -> type[dict[str, Any]]:
    if name.startswith("_"):  # what any module has, or has not
        raise AttributeError(name)
    return dict


def _stand_in(name: str, **attributes: object) -> None:
    """A module of that name with no more in it, unless somebody has imported the real one."""
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name)
        vars(module).update(attributes)
