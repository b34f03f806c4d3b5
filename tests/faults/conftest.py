"""The database behind a proxy that fails as it is told."""

from collections.abc import Iterator

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from tests.conftest import RunningCloud
from tests.faults.fragile import Fragile, fragile_cloud
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.integration.conftest import database, gemini, rows, sendgrid, session_secret, where
from tests.system.conftest import People, member, people, product

__all__ = ["database", "gemini", "member", "people", "product", "rows", "sendgrid", "session_secret", "where"]


@pytest.fixture
def proxy(where: settings.DatabaseSettings) -> Iterator[FaultProxy]:
    with fault_proxy(where.db_host, where.db_port) as running:
        yield running


@pytest.fixture
def shaky(where: settings.DatabaseSettings, proxy: FaultProxy) -> Database:
    """The tests' own database through the proxy."""
    there = where.model_copy(update={"db_host": proxy.address[0], "db_port": proxy.address[1]})
    return Database(lambda: connect(there))


@pytest.fixture(scope="session")
def the_fragile(cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fragile]:
    with fragile_cloud(tmp_path_factory.mktemp("fragile"), cloud) as running:
        yield running


@pytest.fixture
def fragile(the_fragile: Fragile) -> Iterator[Fragile]:
    """Whole at the beginning and at the end."""
    yield the_fragile
    the_fragile.mend()


@pytest.fixture
def crowd(fragile: Fragile) -> Iterator[People]:
    """People of the fragile cloud."""
    people = People(fragile.cloud, fragile.inbox_of)
    yield people
    people.close()
