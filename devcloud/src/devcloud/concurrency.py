"""Concurrency helpers: run coroutines in parallel, run blocking calls in threads, supervise background tasks."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from devcloud.console import Console
from devcloud.processes import Child

Result = TypeVar("Result")
First = TypeVar("First")
Second = TypeVar("Second")


async def gather(first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]) -> tuple[First, Second]:
    """Run two coroutines in parallel. Returns both results.

    If one fails, cancel the other and raise the first error itself, not an ExceptionGroup.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(first), group.create_task(second)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


async def run_all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run coroutines in parallel. If one fails, cancel the others and raise its error itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def to_thread(function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """Run a blocking call in a daemon thread. Returns its result or raises its exception.

    asyncio.to_thread is not used: at the exit its executor would wait for a long poll to end.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)  # type: ignore[arg-type]
        else:
            future.set_exception(error)

    def run() -> None:
        result: Result | None = None
        failure: BaseException | None = None
        try:
            result = function(*arguments, **options)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            failure = error
        # If devcloud stops during a long poll, the loop is closed already and no caller needs the result.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name=getattr(function, "__name__", "call")).start()
    return await future


class BackgroundTasks:
    """Tasks that run until `stop()`. If one fails, log it and keep the others running."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start `work` as a task; `name` identifies it in the log."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._log_failure)

    async def log_exit(self, name: str, child: Child) -> None:
        """Wait until a service's process exits, and log it as an error."""
        code = await child.wait()
        last = " ".join(list(child.tail)[-1:])
        self._console.log(name, f"ERROR exited unexpectedly with status {code}; restart devcloud. {last}")

    async def stop(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _log_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._console.error(f"background task {task.get_name()} failed: {error!r}")
