"""Fixture: fakes served from a thread, without devcloud."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web

from devcloud.http_server import HttpServer
from tests.support.waiting import HANG_SECONDS


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[web.Application], str]]:
    """Function that serves an application from a thread. Returns its URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[HttpServer] = []

    def begin(application: web.Application) -> str:
        server = HttpServer(application)
        servers.append(server)
        return f"http://{asyncio.run_coroutine_threadsafe(server.start(), loop).result(HANG_SECONDS)}"

    yield begin
    for server in servers:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(HANG_SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(HANG_SECONDS)
    loop.close()
