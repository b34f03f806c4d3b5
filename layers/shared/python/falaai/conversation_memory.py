"""Summary-buffer memory: which turns of a conversation the model gets, and when the oldest are summarized.

A prompt holds persona, notes about the person, running summary and the turns after the summary, within a limit of
approximate tokens. When the turns pass the limit, the oldest are summarized until half the limit is left, so that
summaries are rare. Question and answer stay together. All functions are pure: the same rows make the same prompt in
any process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Author = Literal["usuario", "ia"]
# Tokens of the limit reserved for the persona and for notes of NOTES_MAX_CHARACTERS. Four characters make about one
# token.
RESERVED_TOKENS = 1000
SUMMARY_MAX_CHARACTERS = 2400
# Longest quoted summary; the rest is cut off. It is longer than a summary, because quoting adds two characters per
# line.
NOTES_MAX_CHARACTERS = 2800
QUOTE = "> "
# Fewest tokens to which a pair is shortened. With less room, it is left out.
SHORTEST_PAIR_TOKENS = 200
OMISSION = "\n[…]\n"
# Texts up to about this length are not shortened.
WHOLE_TEXT_CHARACTERS = 200
# Stands for a grounded text where that must not be read.
GROUNDED = "(respondeu com fontes da web)"
SPEAKERS = {"usuario": "Pessoa", "ia": "Assistente"}

CountTokens = Callable[[Sequence["Turn"]], int]


@dataclass(frozen=True)
class Turn:
    """One message of a conversation. A grounded text may come from a web search."""

    seq: int
    author: Author
    text: str
    is_grounded: bool = False


INSTRUCTIONS_MAX_CHARACTERS = 1500


# Characters of the facts in a prompt: 600 tokens, at four characters a token. Quoting adds three characters to each.
FACTS_MAX_CHARACTERS = 2400
_QUOTING = 3


def newest_that_fit(facts: Sequence[str]) -> tuple[str, ...]:
    """Return the newest facts that fit into FACTS_MAX_CHARACTERS. They are given and returned oldest first."""
    left, first = FACTS_MAX_CHARACTERS, len(facts)
    while first and (left := left - len(facts[first - 1]) - _QUOTING) >= 0:
        first -= 1
    return tuple(facts[first:])


@dataclass(frozen=True)
class PersonalNotes:
    """Notes about the user that belong to every prompt: the user's instructions, and facts, oldest first."""

    instructions: str = ""
    facts: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """Return the approximate number of tokens that the notes take."""
        characters = len(self.instructions) + sum(len(fact) + _QUOTING for fact in self.facts)
        return -(-characters // 4)


NO_NOTES = PersonalNotes()


@dataclass(frozen=True)
class SummaryPlan:
    """Turns to summarize, and the seq of the last of them."""

    turns: tuple[Turn, ...]
    until_seq: int


def quoted(text: str) -> str:
    """Quote each line of a text, so that the model cannot take a line for a part of the prompt."""
    return "\n".join(f"{QUOTE}{line}" for line in text.splitlines() if line.strip())


def quoted_turns(turns: "Sequence[Turn]") -> str:
    """Name the speaker of each turn and quote its text. Google's terms allow no summary of a grounded text."""
    return "\n".join(
        f"{SPEAKERS[turn.author]}:\n{quoted(GROUNDED if turn.is_grounded else turn.text)}" for turn in turns
    )


def turns_limit(memory_tokens: int) -> int:
    """Return the token budget left for turns after reserving room for persona and summary."""
    return memory_tokens - RESERVED_TOKENS


def room_for_turns(limit: int, notes: PersonalNotes) -> int:
    """Return the part of the turns' budget that the notes leave. At a small limit, half of it stays for the turns."""
    return max(limit // 2, limit - notes.tokens)


def recent_turns(turns: Sequence[Turn], limit: int, count: CountTokens) -> tuple[Turn, ...]:
    """Return the newest pairs that fit into `limit` tokens, oldest first. The last question always stays whole.

    A reply never waits for a late summary: turns that do not fit are left out. Only the pair before the last question
    is shortened instead, because that question is often about the long text before it.
    """
    *older, last = _pairs(turns)
    kept = [last]
    left = limit - count(last)
    for pair in reversed(older):
        cost = count(pair)
        if cost > left:
            if len(kept) == 1 and left >= SHORTEST_PAIR_TOKENS:
                kept.append(_shortened(pair, left / cost))
            break
        left -= cost
        kept.append(pair)
    return tuple(turn for pair in reversed(kept) for turn in pair)


def _shortened(pair: tuple[Turn, ...], share: float) -> tuple[Turn, ...]:
    """Keep about this share of the pair's characters: the beginning and the end of each text."""
    return tuple(replace(turn, text=_ends(turn.text, int(len(turn.text) * share))) for turn in pair)


def _ends(text: str, characters: int) -> str:
    """Shorten a text to its first two thirds and last third of that many characters. Short texts stay whole."""
    room = max(characters, WHOLE_TEXT_CHARACTERS) - len(OMISSION)
    if len(text) <= room:
        return text
    tail = room // 3
    return f"{text[: room - tail]}{OMISSION}{text[len(text) - tail :]}"


def plan_summary(turns: Sequence[Turn], limit: int, count: CountTokens) -> SummaryPlan | None:
    """Plan to summarize the oldest pairs beyond half of `limit`. Returns None while the turns fit into `limit`."""
    pairs = _pairs(turns)
    costs = [count(pair) for pair in pairs]
    left = sum(costs)
    if left <= limit:
        return None
    taken = 0
    while left > limit // 2 and taken < len(pairs) - 1:
        left -= costs[taken]
        taken += 1
    if taken == 0:
        return None
    gone = tuple(turn for pair in pairs[:taken] for turn in pair)
    return SummaryPlan(gone, gone[-1].seq)


def _pairs(turns: Sequence[Turn]) -> list[tuple[Turn, ...]]:
    """Group turns: each question starts a group, and its answer follows in it."""
    groups: list[list[Turn]] = []
    for turn in turns:
        if turn.author == "usuario" or not groups:
            groups.append([turn])
        else:
            groups[-1].append(turn)
    return [tuple(group) for group in groups]
