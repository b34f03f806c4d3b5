"""Fixtures for rules on the real database."""

from collections.abc import Iterator

import pytest

from falaai import settings
from falaai.repositories.sessions import Session
from tests.support.replies import new_session
from tests.support.rows import Rows


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
