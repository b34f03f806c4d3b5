"""The summary-buffer rule, with a word counted as a token."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from falaai.conversation_memory import (
    NO_NOTES,
    OMISSION,
    SHORTEST_PAIR_TOKENS,
    PersonalNotes,
    Turn,
    plan_summary,
    recent_turns,
    room_for_turns,
)


def count(turns: Sequence[Turn]) -> int:
    return sum(len(turn.text.split()) for turn in turns)


def conversation(*sizes: int) -> list[Turn]:
    return [Turn(seq, "usuario" if seq % 2 else "ia", "palavra " * size) for seq, size in enumerate(sizes, start=1)]


def seqs(turns: Sequence[Turn]) -> list[int]:
    return [turn.seq for turn in turns]


def test_everything_goes_while_it_fits() -> None:
    turns = conversation(2, 2, 2)
    assert recent_turns(turns, 6, count) == tuple(turns)


def test_oldest_pairs_are_left_out_whole() -> None:
    assert seqs(recent_turns(conversation(2, 2, 2, 2, 2), 7, count)) == [3, 4, 5]


def test_last_question_goes_even_when_it_alone_is_too_long() -> None:
    assert seqs(recent_turns(conversation(2, 2, 50), 10, count)) == [3]


def test_long_pair_before_the_question_is_shortened_to_the_room_left() -> None:
    first = "início " * 100 + "meio " * 3000 + "fim " * 100
    turns = [Turn(1, "usuario", "velha"), Turn(2, "ia", "sim"), Turn(3, "usuario", first), Turn(4, "ia", "certo")]
    long, reply, question = recent_turns([*turns, Turn(5, "usuario", "e o fim?")], 1000, count)
    assert (long.seq, reply.text, question.text) == (3, "certo", "e o fim?")
    assert long.text.startswith("início início")
    assert long.text.endswith("fim fim ")
    assert OMISSION in long.text
    assert 900 < count([long, reply, question]) <= 1000


def test_long_pair_is_left_out_when_the_question_leaves_no_room_for_it() -> None:
    assert seqs(recent_turns(conversation(400, 2, SHORTEST_PAIR_TOKENS), 2 * SHORTEST_PAIR_TOKENS - 1, count)) == [3]


def test_nothing_is_summarized_within_the_limit() -> None:
    assert plan_summary(conversation(5, 5), 10, count) is None


def test_summarization_reduces_turns_to_half_the_limit() -> None:
    plan = plan_summary(conversation(2, 2, 2, 2, 2, 2), 10, count)
    assert plan is not None
    assert (seqs(plan.turns), plan.until_seq) == ([1, 2, 3, 4], 4)


def test_newest_pair_is_never_summarized() -> None:
    assert plan_summary(conversation(50, 50), 10, count) is None


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(10, 100))
def test_summarization_takes_whole_pairs_and_is_then_not_due(sizes: list[int], limit: int) -> None:
    turns = conversation(*sizes)
    plan = plan_summary(turns, limit, count)
    if plan is None:
        return
    rest = turns[len(plan.turns) :]
    assert rest[0].author == "usuario"
    assert count(rest) <= limit or len(rest) <= 2
    assert plan_summary(rest, limit, count) is None or count(rest[-2:]) > limit // 2


def test_notes_about_the_user_take_room_from_the_turns_but_at_most_half() -> None:
    assert room_for_turns(1000, NO_NOTES) == 1000
    assert room_for_turns(1000, PersonalNotes("a" * 401)) == 899
    assert room_for_turns(1000, PersonalNotes("a" * 4000)) == 500
