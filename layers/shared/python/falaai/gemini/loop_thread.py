"""An event loop in a thread of its own, so that callers without a loop can wait for asynchronous calls.

LangChain's timeout is per read, and a blocked read cannot be interrupted. Therefore its asynchronous calls run in one
event loop, in a thread that lives as long as the process. A caller waits for one chunk at a time. So callers need no
thread and no queue of their own, their deadlines are total, and they can cancel a request.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from falaai.errors import ModelTimedOut
from falaai.language_model import Heartbeat

HEARTBEAT_SECONDS = 1.0
CLOSE_SECONDS = 3.0

T = TypeVar("T")


class LoopThread:
    """An event loop that runs in a daemon thread until `stop`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop. Returns its result, or raises its error."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Stop the loop and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def arrivals(self, chunks: AsyncGenerator[T], until: Callable[[], float]) -> Generator[T | Heartbeat]:
        """Yield each chunk when it arrives, and a Heartbeat for each second without one.

        Raises ModelTimedOut at the time that `until` returns.
        """

        one_at_a_time = asyncio.Lock()

        async def next_chunk() -> T | None:
            async with one_at_a_time:
                return await anext(chunks, None)

        async def close_chunks() -> None:
            async with one_at_a_time:  # a generator that is running cannot be closed
                await chunks.aclose()

        pending: Future[T | None] | None = None
        try:
            while (left := until() - time.monotonic()) > 0:
                pending = pending or asyncio.run_coroutine_threadsafe(next_chunk(), self._loop)
                if not wait([pending], timeout=min(left, HEARTBEAT_SECONDS)).done:
                    yield Heartbeat()
                    continue
                if (chunk := pending.result()) is None:
                    return
                pending = None
                yield chunk
            raise ModelTimedOut("the model did not finish in time")
        finally:
            # End the request and close its connection, also if a chunk has just arrived that will not be read. This
            # has no effect if the chunks have ended.
            if pending:
                pending.cancel()
            asyncio.run_coroutine_threadsafe(close_chunks(), self._loop)


async def wait_for_other_tasks() -> None:
    """Wait until all other tasks of the loop have ended: requests of streams that were closed early, for example."""
    if ending := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(ending, timeout=CLOSE_SECONDS)
