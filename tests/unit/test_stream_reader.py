"""What keeps a stream open while the model thinks."""

import asyncio
import threading

import pytest

from falaai_chat.routes import stream


def test_comment_is_sent_while_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "COMMENT_EVERY_SECONDS", 0.05)

    async def read() -> list[str]:
        reader = stream._Reader(asyncio.get_running_loop())
        later = threading.Timer(0.13, lambda: [reader.put("event: done\n\n"), reader.put(None)])
        later.start()
        return [event async for event in reader.events()]

    *comments, last = asyncio.run(read())
    assert last == "event: done\n\n"
    assert len(comments) >= 2
    assert set(comments) == {": ainda aqui\n\n"}
