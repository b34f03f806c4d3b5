"""Fixtures for rules on the real database."""

from collections.abc import Iterator

import pytest

from fakes.gemini import GeminiFake
from falaai import settings
from falaai.repositories.sessions import Session
from tests.support.replies import new_session
from tests.support.rows import Rows
from tests.support.served_applications import serving
from tests.support.services import FakeService


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    """Let each test read the settings of its own environment."""
    settings.read.cache_clear()
    yield
    settings.read.cache_clear()


@pytest.fixture
def session(rows: Rows) -> Session:
    """A session of a user without conversations."""
    return new_session(rows, rows.user())


@pytest.fixture
def gemini() -> Iterator[FakeService]:
    """A Gemini fake of the test's own: functions that still work for an earlier test do not reach it."""
    with serving() as serve:
        yield FakeService(serve(GeminiFake().application()))
