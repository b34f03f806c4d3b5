"""People who use the product over HTTP."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pytest

from falaai.connections import connect
from falaai.database import Database
from falaai.settings import DatabaseSettings
from falaai_auth.passwords import hash_password
from tests.conftest import HANG_SECONDS, RunningCloud, wait_until
from tests.integration.conftest import Rows

PASSWORD = "cavalo bateria grampo"
# What a browser says of a request that a page of our own makes.
OUR_PAGE = {"sec-fetch-site": "same-origin"}
_number = itertools.count(1)


@dataclass
class Person:
    """A browser of one person, without the browser."""

    inbox_of: RunningCloud
    http: httpx.Client
    email: str

    def register(self, password: str = PASSWORD, name: str = "Ana Souza") -> httpx.Response:
        form = {"nome": name, "email": self.email, "senha": password, "termos_registro": True}
        return self.http.post("/register", json=form)

    def login(self, password: str = PASSWORD) -> httpx.Response:
        return self.http.post("/login", json={"email": self.email, "senha": password})

    def link(self) -> str:
        """The verification link of the newest letter, awaited."""
        letters = wait_until(lambda: self.inbox_of.letters_to(self.email), 10, f"a letter to {self.email}")
        found = re.search(r"http://\S+/verify_link/\S+", letters[0]["text"])
        assert found is not None
        return found[0]

    def confirm(self, link: str = "", password: str = PASSWORD) -> httpx.Response:
        """Use the link of the newest email up, or this one, and be signed in."""
        return self.http.post(link or self.link(), data={"senha": password})

    @contextmanager
    def stream(self, message: str | None = None, **more: Any) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        """The events of a reply as they come: (name, data)."""
        body = {"message": message, **more}
        with self.http.stream("POST", "/chat/stream", json=body, timeout=HANG_SECONDS) as response:
            if response.status_code != 200:
                response.read()
            assert response.status_code == 200, response.text
            assert response.headers["content-type"].startswith("text/event-stream")
            yield _events(response.iter_lines())

    def say(self, message: str, **more: Any) -> dict[str, Any]:
        answer = self.http.post("/chat/message", json={"message": message, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def product_of(cloud: RunningCloud) -> Rows:
    address = cloud.addresses["database"]
    fields = {f"db_{name}": address[name] for name in ("host", "port", "user", "password", "name")}
    return Rows(Database(lambda: connect(DatabaseSettings(**fields))))


@dataclass
class People:
    """Makes people, each at an address of their own, and sends them home in the end."""

    cloud: RunningCloud
    inbox_of: RunningCloud | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    def stranger(self, email: str = "") -> Person:
        number = next(_number)
        # Every 127.x.y.z is this machine, and the gateway tells them apart as it does real addresses.
        transport = httpx.HTTPTransport(local_address=f"127.1.{number // 250}.{number % 250 + 1}")
        own_origin = {"origin": self.cloud.gateway}
        client = httpx.Client(base_url=self.cloud.gateway, timeout=40, transport=transport, headers=own_origin)
        self.clients.append(client)
        return Person(self.inbox_of or self.cloud, client, email or f"pessoa{number}@exemplo.com.br")

    def member(self) -> Person:
        """Has an account and is signed in. Registering is what test_first_walk.py walks through; here it is given."""
        person = self.stranger()
        product_of(self.cloud).run(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana Souza', %s, %s, TRUE, UTC_TIMESTAMP(), TRUE)",
            person.email,
            _hash(),
        )
        assert person.login().status_code == 200
        return person

    def close(self) -> None:
        for client in self.clients:
            client.close()


def signed_in(person: Person) -> bool:
    return person.http.get("/conversations").status_code == 200


def second_device(people: People, person: Person) -> Person:
    device = people.stranger(person.email)
    assert device.login().status_code == 200
    return device


def newest_link(cloud: RunningCloud, address: str, subject: str, path: str) -> str:
    """The link in the newest letter with this subject, awaited."""

    def find() -> str | None:
        for letter in cloud.letters_to(address):
            if letter["subject"] == subject:
                found = re.search(rf"http://\S+{path}\S*", letter["text"])
                return found[0] if found else None
        return None

    return str(wait_until(find, 5, f"the letter “{subject}”"))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Name each generated API test after its operation: side by side, only one test of each name would run."""
    if operation := getattr(item, "operation_label", None):
        item._nodeid = f"{item.nodeid}[{operation}]"  # type: ignore[attr-defined]


@pytest.fixture
def people(cloud: RunningCloud) -> Iterator[People]:
    people = People(cloud)
    yield people
    people.close()


@pytest.fixture
def person(people: People) -> Person:
    return people.stranger()


@pytest.fixture
def member(people: People) -> Person:
    return people.member()


@pytest.fixture(scope="session")
def product(cloud: RunningCloud) -> Rows:
    """The product's own database, to look at what is stored and to make time pass."""
    return product_of(cloud)
