"""Fixtures for the contracts of real parts and their fakes."""

from collections.abc import Iterator

import pytest

from fakes.gemini import GeminiFake
from tests.support.served_applications import serving
from tests.support.services import FakeService


@pytest.fixture
def gemini() -> Iterator[FakeService]:
    """A Gemini fake of the test's own."""
    with serving() as serve:
        yield FakeService(serve(GeminiFake().application()))
