"""Fixtures: fakes served from a thread, without devcloud."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from aiohttp import web

from devcloud.http_server import HttpServer
from fakes.gemini import GeminiFake
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


@pytest.fixture
def gemini(serve: Callable[[web.Application], str]) -> Iterator[httpx.Client]:
    """Client of a Gemini fake, with a key."""
    address = serve(GeminiFake().application())
    with httpx.Client(base_url=address, headers={"x-goog-api-key": "k"}, timeout=HANG_SECONDS) as client:
        yield client
