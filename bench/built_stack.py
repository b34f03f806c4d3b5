"""The build of `make build` running under devcloud, with one signed-in user."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from tests.support.people import People, Person, product_of
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud, start_cloud


@dataclass
class BuiltStack:
    """A running devcloud, its database and its users. `member` is signed in."""

    cloud: RunningCloud
    people: People
    member: Person

    @cached_property
    def gemini(self) -> httpx.Client:
        """Client for the admin routes of the Gemini fake. It is kept open, since connecting takes long."""
        return httpx.Client(base_url=f"{self.cloud.addresses['gemini']}/admin")

    @property
    def origin(self) -> str:
        return self.cloud.gateway

    @property
    def product(self) -> Rows:
        return product_of(self.cloud)

    @property
    def user_id(self) -> int:
        """Id of the member."""
        return self.id_of(self.member)

    def id_of(self, person: Person) -> int:
        return int(self.product.value("SELECT id FROM usuarios WHERE email = %s", person.email))

    def update_statistics(self) -> None:
        """Update the table statistics after many inserts."""
        self.product.list("ANALYZE TABLE usuarios, sessoes, conversas, mensagens, uso_diario")
        self.wait_until_quiet()

    def wait_until_quiet(self) -> None:
        """Wait until the database has received no statement for 0.5 seconds, so that no worker is running."""
        rows, before = self.product, -1
        while (now := self._count_statements(rows)) > before + 1:
            before = now
            time.sleep(0.5)

    @staticmethod
    def _count_statements(rows: Rows) -> int:
        """Return the number of statements that the server has counted. This query counts as one."""
        return int(rows.list("SHOW GLOBAL STATUS LIKE 'Questions'")[0]["Value"])

    def count_statements(self, act: Callable[[], object]) -> int:
        """Return the number of statements that the server counts while `act` runs, including BEGIN and COMMIT."""
        rows = self.product
        self._count_statements(rows)  # opening the connection sends statements too, so do it first
        before = self._count_statements(rows)
        act()
        return self._count_statements(rows) - before - 1

    def cookie(self, person: Person | None = None) -> str:
        """Return the Cookie header of the member or of another person."""
        return "; ".join(f"{name}={value}" for name, value in (person or self.member).http.cookies.items())


@contextmanager
def start_echo() -> Iterator[RunningCloud]:
    """Run the echo function of bench/echo, with the built layer, under its own devcloud."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = start_cloud(Path(folder) / "cloud", root=Path(__file__).with_name("echo"))
        try:
            yield cloud
        finally:
            cloud.stop()


def set_reply_seconds(cloud: RunningCloud, seconds: float) -> None:
    """Make the Gemini fake send one fixed reply in five pieces, which take this many seconds together."""
    text = "Uma resposta de algumas palavras, dita devagar e em pedaços."  # ten words, two per piece
    pace = {"delay": seconds / 4, "pieces": 5, "text": text}
    httpx.put(f"{cloud.addresses['gemini']}/admin/pace", json=pace).raise_for_status()


@contextmanager
def run_built_stack() -> Iterator[BuiltStack]:
    """Run the build under devcloud with limits that no measurement reaches."""
    with tempfile.TemporaryDirectory() as folder:
        env = Path(folder) / "env"
        env.write_text(
            "DAILY_MESSAGES=1000000\nDAILY_CEILING=10000000\nDAILY_MEGABYTES=1000000\n"
        )  # so high that no user reaches them
        cloud = start_cloud(Path(folder) / "cloud", "--built", env_file=env)
        people = People(cloud)
        try:
            yield BuiltStack(cloud, people, people.member())
        finally:
            people.close()
            cloud.stop()
