"""The end of an answer of Gemini: its request ends too, whatever it is doing at that moment."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import pytest

from falaai import gemini, settings
from falaai.gemini import GeminiModels
from falaai.language_model import Heartbeat, Prompt
from tests.support.waiting import HANG_SECONDS


class SlowModels(GeminiModels):
    """Its answer comes when `go` is set. `is_closed` is set when the request has ended."""

    def __init__(self) -> None:
        super().__init__(settings.GeminiSettings(gemini_api_key="k" * 39))  # type: ignore[arg-type]
        self.go, self.is_closed = asyncio.Event(), threading.Event()

    async def _chunks(self, *_: object) -> AsyncGenerator[Any]:
        try:
            await self.go.wait()
            yield "a chunk"
        finally:
            await asyncio.sleep(0)  # as a connection that takes its time to close
            self.is_closed.set()

    def let_a_chunk_arrive(self) -> None:
        async def arrive() -> None:
            self.go.set()
            for _ in range(5):  # more rounds of the loop than the chunk needs
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(arrive(), self._loop).result()


@pytest.mark.parametrize("arrives", [False, True], ids=["still waiting", "a chunk has just arrived"])
def test_answer_that_is_given_up_in_a_silence_ends_its_request(
    arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemini, "HEARTBEAT_SECONDS", 0.01)
    with closing(SlowModels()) as models:
        events = models.stream(Prompt("", ()), HANG_SECONDS)
        assert next(events) == Heartbeat()
        if arrives:
            models.let_a_chunk_arrive()
        events.close()
        assert models.is_closed.wait(HANG_SECONDS)
