"""Applications of aiohttp served from a thread of the test's process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from devcloud.http_server import HttpServer
from tests.support.waiting import HANG_SECONDS


@contextmanager
def serving() -> Iterator[Callable[[web.Application], str]]:
    """Yield a function that serves an application until the block ends. It returns the application's URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[HttpServer] = []

    def begin(application: web.Application) -> str:
        server = HttpServer(application)
        servers.append(server)
        return f"http://{asyncio.run_coroutine_threadsafe(server.start(), loop).result(HANG_SECONDS)}"

    try:
        yield begin
    finally:
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result(HANG_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(HANG_SECONDS)
        loop.close()
