"""Fixtures: the database behind a fault proxy, and a cloud whose dependencies are all behind fault proxies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.faulty_cloud import FaultyCloud, faulty_cloud
from tests.support.people import People
from tests.support.running_cloud import RunningCloud


@pytest.fixture
def proxy(where: settings.DatabaseSettings) -> Iterator[FaultProxy]:
    with fault_proxy(where.db_host, where.db_port) as running:
        yield running


@pytest.fixture
def shaky(where: settings.DatabaseSettings, proxy: FaultProxy) -> Database:
    """The test database, connected through the proxy."""
    there = where.model_copy(update={"db_host": proxy.address[0], "db_port": proxy.address[1]})
    return Database(lambda: connect(there))


@pytest.fixture(scope="session")
def shared_faulty(cloud: RunningCloud, session_tmp_path: Path) -> Iterator[FaultyCloud]:
    with faulty_cloud(session_tmp_path / "faulty", cloud) as running:
        yield running


@pytest.fixture
def faulty(shared_faulty: FaultyCloud) -> Iterator[FaultyCloud]:
    """The faulty cloud; all its proxies work at the beginning and at the end of a test."""
    yield shared_faulty
    shared_faulty.restore()


@pytest.fixture
def faulty_people(faulty: FaultyCloud) -> Iterator[People]:
    """Users of the faulty cloud."""
    people = People(faulty.cloud, faulty.inbox_of)
    yield people
    people.close()
