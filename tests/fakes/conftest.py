"""Fixtures: fakes served from a thread, without devcloud."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from aiohttp import web

from fakes.gemini import GeminiFake
from tests.support.served_applications import serving
from tests.support.waiting import HANG_SECONDS


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[web.Application], str]]:
    """Function that serves an application from a thread. Returns its URL."""
    with serving() as begin:
        yield begin


@pytest.fixture
def gemini(serve: Callable[[web.Application], str]) -> Iterator[httpx.Client]:
    """Client of a Gemini fake, with a key."""
    address = serve(GeminiFake().application())
    with httpx.Client(base_url=address, headers={"x-goog-api-key": "k"}, timeout=HANG_SECONDS) as client:
        yield client
