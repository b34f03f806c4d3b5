"""The crowd of the tests about statements."""

from collections.abc import Iterator

import pytest

from falaai import settings
from tests.support.crowds import Crowd, add_crowd, signed_in_crowd


@pytest.fixture(scope="module")
def crowded(where: settings.DatabaseSettings) -> int:
    """Rows that every test here may read; the id of the long conversation."""
    return add_crowd(where)


@pytest.fixture
def crowd(crowded: int, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    with signed_in_crowd(crowded, where, monkeypatch) as crowd:
        yield crowd
