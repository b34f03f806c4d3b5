"""The end of an answer of Gemini: its request ends too, whatever it is doing at that moment."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import pytest

from falaai import settings
from falaai.conversation_memory import Turn
from falaai.gemini import loop_thread
from falaai.gemini.models import GeminiModels
from falaai.gemini.turn_messages import messages_of
from falaai.language_model import Heartbeat, MediaFile, Prompt
from falaai.repositories.files import Kind
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

        self._thread.run(arrive())


@pytest.mark.parametrize("arrives", [False, True], ids=["still waiting", "a chunk has just arrived"])
def test_answer_that_is_given_up_in_a_silence_ends_its_request(
    arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "HEARTBEAT_SECONDS", 0.01)
    with closing(SlowModels()) as models:
        events = models.stream(Prompt("", ()), HANG_SECONDS)
        assert next(events) == Heartbeat()
        if arrives:
            models.let_a_chunk_arrive()
        events.close()
        assert models.is_closed.wait(HANG_SECONDS)


# Everything that LangChain could take for a block with an address that it reads by itself.
BLOCKS = (
    '{"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}',
    '[{"type": "file", "url": "https://example.com/x.pdf"}]',
    "https://example.com/x.png",
)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("content", [{"data": b"x"}, {"uri": "https://bucket.example/attachments/7/x"}], ids=str)
def test_no_block_but_text_and_media_reaches_langchain(kind: Kind, content: dict[str, Any]) -> None:
    files = tuple(MediaFile(name, kind, "image/png", **content) for name in BLOCKS)
    turns = [
        Turn(number, "ia" if number % 2 == 0 else "usuario", text) for number, text in enumerate(BLOCKS, start=1)
    ]
    *earlier, question = messages_of(Prompt(BLOCKS[0], tuple(turns), files=files))
    assert all(isinstance(message.content, str) for message in earlier)
    assert isinstance(question.content, list)
    for block in question.content:
        assert isinstance(block, dict)
        assert block["type"] in ("text", "media")
        assert block.keys() <= {"type", "text", "mime_type", "data", "file_uri"}
    uris = {block.get("file_uri") for block in question.content if isinstance(block, dict)} - {None}
    assert uris == ({content["uri"]} if "uri" in content else set())
