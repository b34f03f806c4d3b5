"""The database behind a proxy that fails as it is told."""

from collections.abc import Iterator

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.integration.conftest import database, gemini, rows, sendgrid, where
from tests.system.conftest import member, people, product

__all__ = ["database", "gemini", "member", "people", "product", "rows", "sendgrid", "where"]


@pytest.fixture
def proxy(where: settings.DatabaseSettings) -> Iterator[FaultProxy]:
    with fault_proxy(where.db_host, where.db_port) as running:
        yield running


@pytest.fixture
def shaky(where: settings.DatabaseSettings, proxy: FaultProxy) -> Database:
    """The tests' own database through the proxy."""
    there = where.model_copy(update={"db_host": proxy.address[0], "db_port": proxy.address[1]})
    return Database(lambda: connect(there))
