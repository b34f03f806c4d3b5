"""Blocking calls beside the event loop, in threads that never delay the end of the program."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: Any, **options: Any) -> Result:
    """The result of a blocking call. asyncio's own executor would wait for a long poll before it exits."""
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
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits, whatever it is
            failure = error
        # The loop closes first when devcloud ends during a long poll; then nobody waits for the answer.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name=getattr(function, "__name__", "call")).start()
    return await future
