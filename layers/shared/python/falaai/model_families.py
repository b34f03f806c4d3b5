"""Parameters by family of Gemini models, and the ones that a model refuses."""

import re
from collections.abc import Collection
from typing import Any

TEMPERATURE = 0.7
# Added to the limit of output tokens if thinking is not limited: thoughts count as output tokens.
THINKING_TOKENS = 4096
# The parameters that a model may refuse, with a pattern for their names in the message of a 400.
_REFUSABLE = {
    "thinking": re.compile(r"thinking", re.IGNORECASE),
    "sampling": re.compile(r"temperature|\btop[_ ]?[pk]\b|sampling|penalty", re.IGNORECASE),
}


def family_parameters(name: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of a model's family, by their keys in _REFUSABLE. An unknown family gets no parameters.

    Gemini 3 ignores temperature and has levels of thinking. Older models have a budget of thinking tokens.
    """
    if name.startswith("gemini-3"):
        return {"thinking": {"thinking_level": "minimal"}}
    if name.startswith(("gemini-1", "gemini-2")):
        return {"thinking": {"thinking_budget": 0}, "sampling": {"temperature": TEMPERATURE}}
    return {}


def call_options(name: str, sent: Collection[str], max_tokens: int) -> dict[str, Any]:
    """Return LangChain's options for one call with the parameters `sent`."""
    # LangChain has a default temperature for some models; None keeps it from being sent.
    options: dict[str, Any] = {"temperature": None}
    for parameter, values in family_parameters(name).items():
        if parameter in sent:
            options |= values
    room = 0 if "thinking" in sent else THINKING_TOKENS
    return {**options, "max_output_tokens": max_tokens + room}


def named_parameters(error: Exception, sent: Collection[str]) -> list[str]:
    """Return the parameters of `sent` that the 400 names. LangChain's own message also holds the model's name."""
    message = str(getattr(error.__cause__, "message", ""))
    return [parameter for parameter in sent if _REFUSABLE[parameter].search(message)]
