"""The summary-buffer rule: what of a conversation goes to the model, and when its oldest turns are folded.

Sent = persona + running summary + the turns after the summary, within a limit of approximate tokens. Once the
turns pass the limit, the oldest are folded into the summary until half the limit is left, so that folding is
rare. Turns go in whole question-answer pairs. Pure functions: the same rows make the same prompt in any process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Author = Literal["usuario", "ia"]
# Kept free of the limit for what stands before the turns: the persona, and notes of NOTES_MAX_CHARACTERS (four
# characters make about one token).
RESERVED_TOKENS = 1000
SUMMARY_MAX_CHARACTERS = 2400
# A summary once quoted: two more characters a line, and what goes beyond is cut off.
NOTES_MAX_CHARACTERS = 2800
QUOTE = "> "
SPEAKERS = {"usuario": "Pessoa", "ia": "Assistente"}

CountTokens = Callable[[Sequence["Turn"]], int]


@dataclass(frozen=True)
class Turn:
    """One message of a conversation, in its order."""

    seq: int
    author: Author
    text: str


@dataclass(frozen=True)
class SummaryPlan:
    """Turns to fold into the summary, and the seq the summary then reaches."""

    turns: tuple[Turn, ...]
    until_seq: int


def quoted(text: str) -> str:
    """Mark each line of a text as a quotation, so that none of it can pass for a line of the prompt around it."""
    return "\n".join(f"{QUOTE}{line}" for line in text.splitlines() if line.strip())


def quoted_turns(turns: "Sequence[Turn]") -> str:
    """Name the speaker of each turn, and quote what was said."""
    return "\n".join(f"{SPEAKERS[turn.author]}:\n{quoted(turn.text)}" for turn in turns)


def turns_limit(memory_tokens: int) -> int:
    """How many tokens of turns go along when persona and summary share the limit with them."""
    return memory_tokens - RESERVED_TOKENS


def recent_turns(turns: Sequence[Turn], limit: int, count: CountTokens) -> tuple[Turn, ...]:
    """The newest whole pairs that fit into `limit` tokens, oldest first; the last question always stays.

    This is what keeps a reply going while folding lags: what does not fit is left out, never waited for.
    """
    pairs = _pairs(turns)
    kept: list[tuple[Turn, ...]] = []
    spent = 0
    for pair in reversed(pairs):
        spent += count(pair)
        if kept and spent > limit:
            break
        kept.append(pair)
    return tuple(turn for pair in reversed(kept) for turn in pair)


def plan_summary(turns: Sequence[Turn], limit: int, count: CountTokens) -> SummaryPlan | None:
    """What to fold, once the turns pass `limit` tokens: the oldest pairs beyond half of it."""
    pairs = _pairs(turns)
    costs = [count(pair) for pair in pairs]
    left = sum(costs)
    if left <= limit:
        return None
    folded = 0
    while left > limit // 2 and folded < len(pairs) - 1:
        left -= costs[folded]
        folded += 1
    if folded == 0:
        return None
    gone = tuple(turn for pair in pairs[:folded] for turn in pair)
    return SummaryPlan(gone, gone[-1].seq)


def _pairs(turns: Sequence[Turn]) -> list[tuple[Turn, ...]]:
    """Turns grouped so that each question starts a group and its answer follows in it."""
    groups: list[list[Turn]] = []
    for turn in turns:
        if turn.author == "usuario" or not groups:
            groups.append([turn])
        else:
            groups[-1].append(turn)
    return [tuple(group) for group in groups]
