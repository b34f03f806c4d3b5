"""Work beside the main line: several things at once, and things that run until the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from devcloud.console import Console
from devcloud.processes import Child

First = TypeVar("First")
Second = TypeVar("Second")


async def together(first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]) -> tuple[First, Second]:
    """Both results. When one fails the other is cancelled, and the failure is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


class Background:
    """Tasks that run until `stop()`; one that fails is told of, and the others go on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begins `work`, whose failures are told under `name`."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tell)

    async def report_end(self, name: str, child: Child) -> None:
        """Tells when a service that should stay has ended."""
        code = await child.wait()
        last = " ".join(list(child.tail)[-1:])
        self._console.say(name, f"ERROR ended by itself with exit status {code}; restart devcloud. {last}")

    async def stop(self) -> None:
        """Cancels everything and waits until it has ended."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _tell(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._console.error(f"{task.get_name()} has ended: {error!r}")
