"""Blocks of a growing reply: the same HTML as at once, in work that grows with the text."""

import pytest

from falaai_chat import markdown as blocks
from falaai_chat.markdown import FinishedBlocks

PARAGRAPHS = "".join(f"Parágrafo {number}.\n\n" for number in range(300))
ONE_LIST = "".join(f"- item {number}\n" for number in range(3000))


def grow(text: str) -> tuple[int, int, int]:
    """Return the blocks found, where the last of them ends, and how many characters were parsed."""
    parsed, found, until = 0, 0, 0
    finished_until = blocks.finished_until

    def counted(part: str, seconds: float) -> int:
        nonlocal parsed
        parsed += len(part)
        return finished_until(part, seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "finished_until", counted)
        patch.setattr(blocks, "REPLY_SECONDS", 60)
        growing = FinishedBlocks()
        for end in range(50, len(text), 50):
            if block := growing.find(text[:end]):
                found, until = found + 1, block.until
    return found, until, parsed


@pytest.mark.parametrize("text", [PARAGRAPHS, ONE_LIST], ids=["many blocks", "one block"])
def test_parsing_grows_with_the_text(text: str) -> None:
    *_, half = grow(text[: len(text) // 2])
    found, until, whole = grow(text)
    assert whole <= 12 * len(text)
    assert whole < 3 * half
    if text is PARAGRAPHS:
        assert found > 20
        assert until > 0.8 * len(text)


def test_block_that_is_too_complex_leaves_the_rest_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "REPLY_SECONDS", 0.0)
    assert FinishedBlocks().find(PARAGRAPHS) is None
