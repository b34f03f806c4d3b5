"""What `make build` made, running under devcloud, and one person who is signed in there."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from tests.conftest import RunningCloud, start_cloud
from tests.integration.conftest import Rows
from tests.system.conftest import People, Person, product_of


@dataclass
class BuiltStack:
    """The running devcloud, its database, and people."""

    cloud: RunningCloud
    people: People
    member: Person

    @cached_property
    def gemini(self) -> httpx.Client:
        """The fake's admin routes, by one connection: a client anew takes longer than what it measures."""
        return httpx.Client(base_url=f"{self.cloud.addresses['gemini']}/admin")

    @property
    def origin(self) -> str:
        return self.cloud.gateway

    @property
    def product(self) -> Rows:
        return product_of(self.cloud)

    @property
    def user_id(self) -> int:
        """The member's."""
        return self.id_of(self.member)

    def id_of(self, person: Person) -> int:
        return int(self.product.value("SELECT id FROM usuarios WHERE email = %s", person.email))

    def settle(self) -> None:
        """After many rows came: the server knows how many there are, as TiDB sees to by itself."""
        self.product.list("ANALYZE TABLE usuarios, sessoes, conversas, mensagens, uso_diario")
        self.wait_until_quiet()

    def wait_until_quiet(self) -> None:
        """Until nobody, a worker least of all, has asked the database anything for half a second."""
        rows, before = self.product, -1
        while (now := self._questions(rows)) > before + 1:
            before = now
            time.sleep(0.5)

    @staticmethod
    def _questions(rows: Rows) -> int:
        """How many statements the server has counted; asking is one."""
        return int(rows.list("SHOW GLOBAL STATUS LIKE 'Questions'")[0]["Value"])

    def statements(self, act: Callable[[], object]) -> int:
        """How many statements the server counts while `act` runs, BEGIN and COMMIT among them."""
        rows = self.product
        self._questions(rows)  # its connection is made
        before = self._questions(rows)
        act()
        return self._questions(rows) - before - 1

    def cookie(self, person: Person | None = None) -> str:
        """The member's, or another person's."""
        return "; ".join(f"{name}={value}" for name, value in (person or self.member).http.cookies.items())


@contextmanager
def bare_echo() -> Iterator[RunningCloud]:
    """The echo function of bench/echo, with the layer that was built, under a devcloud of its own."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = start_cloud(Path(folder) / "cloud", root=Path(__file__).with_name("echo"))
        try:
            yield cloud
        finally:
            cloud.stop()


def reply_takes(cloud: RunningCloud, seconds: float) -> None:
    """Let Gemini's fake say the same to everything, in five pieces over so many seconds."""
    text = "Uma resposta de algumas palavras, dita devagar e em pedaços."  # ten words, two in a piece
    pace = {"delay": seconds / 4, "pieces": 5, "text": text}
    httpx.put(f"{cloud.addresses['gemini']}/admin/pace", json=pace).raise_for_status()


@contextmanager
def running() -> Iterator[BuiltStack]:
    with tempfile.TemporaryDirectory() as folder:
        env = Path(folder) / "env"
        env.write_text("DAILY_MESSAGES=1000000\nDAILY_CEILING=10000000\n")  # nobody meets a limit
        cloud = start_cloud(Path(folder) / "cloud", "--built", env_file=env)
        people = People(cloud)
        try:
            yield BuiltStack(cloud, people, people.member())
        finally:
            people.close()
            cloud.stop()
