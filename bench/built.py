"""What `make build` made, running under devcloud, and one person who is signed in there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import RunningCloud, start_cloud
from tests.integration.conftest import Rows
from tests.system.conftest import People, Person, product_of


@dataclass
class Built:
    """The running devcloud, its database, and people."""

    cloud: RunningCloud
    people: People
    member: Person

    @property
    def origin(self) -> str:
        return self.cloud.gateway

    @property
    def product(self) -> Rows:
        return product_of(self.cloud)

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.member.http.cookies.items())


@contextmanager
def running() -> Iterator[Built]:
    with tempfile.TemporaryDirectory() as folder:
        cloud = start_cloud(Path(folder) / "cloud", "--built")
        people = People(cloud)
        try:
            yield Built(cloud, people, people.member())
        finally:
            people.close()
            cloud.stop()
