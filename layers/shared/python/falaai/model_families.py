"""One table of Gemini's models by family: parameters, inputs and prices. docs/models.md is written from it.

A model that the table does not have gets no parameters: its own defaults apply. `gemini` leaves out a parameter that
a model refuses.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from falaai.modes import Mode
from falaai.repositories.files import Kind

TEMPERATURE = 0.7
# Room for thoughts, which count as output tokens, by level of thinking. A level limits thoughts only roughly.
_LEVEL_TOKENS = {"minimal": 0, "low": 4096, "medium": 8192, "high": 16_384}
# Room for thoughts if no thinking parameter is sent.
THINKING_TOKENS = 8192
# The parameters that a model may refuse, with a pattern for their names in the body of a 400.
_REFUSABLE = {
    "thinking": re.compile(r"thinking|\bbudget\b", re.IGNORECASE),
    "sampling": re.compile(r"temperature|\btop[_ ]?[pk]\b|sampling|penalty", re.IGNORECASE),
    "limit": re.compile(r"max_?output_?tokens|output token", re.IGNORECASE),
}
LIMIT = "limit"

_MEDIA = ("text", "images", "audio", "video", "PDF")
# The input of a model that a file of each kind needs.
_INPUTS = {Kind.IMAGE: "images", Kind.PDF: "PDF", Kind.AUDIO: "audio", Kind.TEXT: "text"}


@dataclass(frozen=True)
class Price:
    """Dollars for a million tokens, where and when they were read, and until when they hold."""

    tokens_in: float
    tokens_out: float
    source: str
    read_on: str
    note: str = ""


@dataclass(frozen=True)
class Family:
    """The models whose names begin with `prefix`.

    `levels` are the levels of thinking that they accept; older models have a range of thinking tokens, `budget`.
    `fast` and `think` are the level or budget of each mode. `has_sampling` tells whether temperature has an effect.
    """

    prefix: str
    fast: str | int
    think: str | int
    levels: tuple[str, ...] = ()
    budget: tuple[int, int] | None = None
    has_sampling: bool = False
    inputs: tuple[str, ...] = _MEDIA
    price: Price | None = None

    def thinking(self, mode: Mode) -> str | int:
        """Return the level or the budget of a mode."""
        return self.think if mode is Mode.THINK else self.fast


_PRICING = "ai.google.dev/gemini-api/docs/pricing"
_FOUR_LEVELS = ("minimal", "low", "medium", "high")
_THREE_LEVELS = ("low", "medium", "high")

# Sources of the levels: ai.google.dev/gemini-api/docs/thinking and the pages of the models. They disagree about
# `minimal` for 3.5 and 3.6 Flash, so it is not used there.
FAMILIES = (
    Family(
        "gemini-3.5-flash-lite",
        fast="minimal",
        think="high",
        levels=_FOUR_LEVELS,
        price=Price(0.30, 2.50, _PRICING, "2026-10-07"),
    ),
    Family(
        "gemini-3.8-flash",
        fast="low",
        think="medium",
        levels=_THREE_LEVELS,
        price=Price(0.75, 3.75, _PRICING, "2026-10-07", "until 2026-12-31, then 1.50 and 7.50"),
    ),
    Family(
        "gemini-3.7-flash",
        fast="low",
        think="medium",
        levels=_THREE_LEVELS,
        price=Price(0.75, 3.75, _PRICING, "2026-10-07", "Google answers with gemini-3.8-flash, at its price"),
    ),
    Family(
        "gemini-3.6-flash",
        fast="low",
        think="medium",
        levels=_THREE_LEVELS,
        price=Price(1.50, 7.50, "ai.google.dev/gemini-api/docs/whats-new-gemini-3.6", "2026-11-23"),
    ),
    Family(
        "gemini-3.5-flash",
        fast="low",
        think="medium",
        levels=_THREE_LEVELS,
        price=Price(1.50, 9.00, _PRICING, "2026-10-07", "Google may answer with gemini-3.6-flash, at its price"),
    ),
    Family(
        "gemini-3.1-flash-lite",
        fast="minimal",
        think="high",
        levels=_FOUR_LEVELS,
        price=Price(0.25, 1.50, "github.com/MemberJunction/MJ/pull/2100", "2026-11-26"),
    ),
    Family(
        "gemini-3.1-pro",
        fast="low",
        think="high",
        levels=_THREE_LEVELS,
        price=Price(2.00, 12.00, "github.com/syifan/thebotcompany/pull/44", "2026-11-26"),
    ),
    Family(
        "gemini-3-flash",
        fast="minimal",
        think="high",
        levels=_FOUR_LEVELS,
        price=Price(0.50, 3.00, "github.com/syifan/thebotcompany/pull/44", "2026-11-26"),
    ),
    Family(
        "gemini-4-argon",
        fast="low",
        think="medium",
        levels=_THREE_LEVELS,
        price=Price(2.00, 10.00, _PRICING, "2026-11-23"),
    ),
    Family("gemini-4", fast="low", think="medium", levels=_THREE_LEVELS),
    Family(
        "gemini-2.5-flash-lite",
        fast=0,
        think=8192,
        budget=(0, 24_576),
        has_sampling=True,
        price=Price(0.10, 0.40, _PRICING, "2026-10-07"),
    ),
    Family(
        "gemini-2.5-flash",
        fast=0,
        think=8192,
        budget=(0, 24_576),
        has_sampling=True,
        price=Price(0.30, 2.50, _PRICING, "2026-10-07", "ends on 2026-12-01; then gemini-3.5-flash-lite answers"),
    ),
    Family(
        "gemini-2.5-pro",
        fast=128,
        think=8192,
        budget=(128, 32_768),
        has_sampling=True,
        price=Price(
            1.25, 10.00, "github.com/Portkey-AI/models/pull/713", "2026-11-26",
            "ends on 2026-12-01; then gemini-3.8-flash answers",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SearchPrice:
    """Dollars for a thousand of `unit` with a web search, for the models whose names begin with `prefix`.

    `note` says how many are free, and `certainty` how sure the price is. The tokens of a reply are billed besides.
    """

    prefix: str
    thousand: float
    unit: str
    source: str
    read_on: str
    note: str
    certainty: str


# Google's page was not read itself, but a copy of its text; another text has the same prices.
_COPIED = "a third party's copy; github.com/iyulab/TokenMeter 0.13.0, read on 2026-11-23, agrees"
SEARCH_PRICES = (
    SearchPrice(
        "gemini-3", 14.00, "queries", _PRICING, "2026-10-07", "5,000 a month are free with a paid key, none without",
        _COPIED,
    ),
    SearchPrice("gemini-2.5", 35.00, "replies", _PRICING, "2026-10-07", "500 a day are free with Flash", _COPIED),
)  # fmt: skip


def find_family(name: str) -> Family | None:
    """Return the family with the longest prefix of the model's name, or None for an unknown model."""
    found = [family for family in FAMILIES if f"{name}-".startswith(f"{family.prefix}-")]
    return max(found, key=lambda family: len(family.prefix), default=None)


def find_search_price(name: str) -> SearchPrice | None:
    """Return the price of a search with this model, or None if it is not known."""
    return next((price for price in SEARCH_PRICES if name.startswith(price.prefix)), None)


def can_read(name: str, kinds: Collection[Kind]) -> bool:
    """Return whether a model takes files of these kinds. An unknown model may take all of them."""
    family = find_family(name)
    return family is None or all(_INPUTS[kind] in family.inputs for kind in kinds)


def family_parameters(name: str, mode: Mode) -> dict[str, dict[str, Any]]:
    """Return LangChain's options for a model by their keys in _REFUSABLE. Those of LIMIT come from call_options."""
    family = find_family(name)
    if family is None:
        return {LIMIT: {}}
    kind = "thinking_level" if family.levels else "thinking_budget"
    sampling = {"sampling": {"temperature": TEMPERATURE}} if family.has_sampling else {}
    return {"thinking": {kind: family.thinking(mode)}, **sampling, LIMIT: {}}


def call_options(name: str, mode: Mode, sent: Collection[str], max_tokens: int) -> dict[str, Any]:
    """Return LangChain's options for one call with the parameters `sent`."""
    # LangChain has a default temperature for some models; None keeps it from being sent.
    options: dict[str, Any] = {"temperature": None}
    for parameter, values in family_parameters(name, mode).items():
        if parameter in sent:
            options |= values
    if LIMIT in sent:
        options["max_output_tokens"] = max_tokens + _room_for_thoughts(name, mode, sent)
    return options


def _room_for_thoughts(name: str, mode: Mode, sent: Collection[str]) -> int:
    family = find_family(name)
    if family is None or "thinking" not in sent:
        return THINKING_TOKENS
    thinking = family.thinking(mode)
    return thinking if isinstance(thinking, int) else _LEVEL_TOKENS[thinking]


def named_parameters(error: Exception, sent: Collection[str]) -> list[str]:
    """Return the parameters of `sent` that the body of the 400 names. LangChain's own text has the model's name."""
    words = " ".join(_words(getattr(error.__cause__, "details", None) or getattr(error.__cause__, "message", "")))
    return [parameter for parameter in sent if _REFUSABLE[parameter].search(words)]


def _words(body: Any) -> list[str]:
    """Return the message of an error body, and the fields and descriptions in its details."""
    if isinstance(body, dict):
        kept = ("error", "message", "details", "fieldViolations", "field", "description")
        return [word for name in kept if name in body for word in _words(body[name])]
    if isinstance(body, list):
        return [word for one in body for word in _words(one)]
    return [body] if isinstance(body, str) else []
