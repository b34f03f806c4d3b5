"""Users of the product over HTTP."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from falaai.repositories.sessions import add_session
from falaai.secret_tokens import new_token, session_key
from falaai.settings import DatabaseSettings
from falaai_auth.browsers import Browser
from falaai_auth.passwords import hash_password
from tests.support.databases import database_for_rows
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS, wait_until

PASSWORD = "cavalo bateria grampo"
# Header that a browser adds to requests of the product's own pages.
OUR_PAGE = {"sec-fetch-site": "same-origin"}
# Browser of a user whose requests do not pass through HTTP.
BROWSER = Browser("navegador", "127.0.0.1")
_number = itertools.count(1)


@dataclass
class Person:
    """One user with an HTTP client. `inbox_of` is the devcloud that receives the user's emails."""

    inbox_of: RunningCloud
    http: httpx.Client
    email: str
    address: str

    def register(self, password: str = PASSWORD, name: str = "Ana Souza") -> httpx.Response:
        form = {"nome": name, "email": self.email, "senha": password, "termos_registro": True}
        return self.http.post("/register", json=form)

    def login(self, password: str = PASSWORD) -> httpx.Response:
        return self.http.post("/login", json={"email": self.email, "senha": password})

    def link(self) -> str:
        """Wait for an email. Returns the verification link of the newest one."""
        emails = wait_until(lambda: self.inbox_of.emails_to(self.email), f"an email to {self.email}")
        found = re.search(r"http://\S+/verify_link/\S+", emails[0]["text"])
        assert found is not None
        return found[0]

    def confirm(self, link: str = "", password: str = PASSWORD) -> httpx.Response:
        """Confirm the account with `link`, or with that of the newest email. This also signs in."""
        return self.http.post(link or self.link(), data={"senha": password})

    @contextmanager
    def stream(self, message: str | None = None, **more: Any) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        """Ask a question and iterate over the events of the streamed reply, as (name, data)."""
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
    return Rows(database_for_rows(DatabaseSettings(**fields)))


@dataclass
class People:
    """Creates users, each with its own IP address, and closes their clients at the end."""

    cloud: RunningCloud
    inbox_of: RunningCloud | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    def stranger(self, email: str = "") -> Person:
        number = next(_number)
        # Each address 127.x.y.z is this machine. The gateway treats them as different clients.
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        transport = httpx.HTTPTransport(local_address=address)
        own_origin = {"origin": self.cloud.gateway}
        client = httpx.Client(
            base_url=self.cloud.gateway, timeout=HANG_SECONDS, transport=transport, headers=own_origin
        )
        self.clients.append(client)
        return Person(self.inbox_of or self.cloud, client, email or f"pessoa{number}@exemplo.com.br", address)

    def member(self) -> Person:
        """Create a signed-in user. Account and session are inserted directly: checking a password costs 0.2 s of CPU.

        test_first_walk.py tests registration and sign-in.
        """
        person = self.stranger()
        rows = product_of(self.cloud)
        user_id = rows.insert(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana Souza', %s, %s, TRUE, UTC_TIMESTAMP(6), TRUE)",
            person.email,
            _hash(),
        )
        token = new_token()
        add_session(
            rows.database,
            user_id,
            session_key(token, self.cloud.session_secret),
            person.http.headers["user-agent"],
            person.address,
        )
        person.http.cookies.set("falaai", token, domain="127.0.0.1")
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
    """Wait for an email with this subject. Returns the link in the newest one."""

    def find() -> str | None:
        for email in cloud.emails_to(address):
            if email["subject"] == subject:
                found = re.search(rf"http://\S+{path}\S*", email["text"])
                return found[0] if found else None
        return None

    return str(wait_until(find, f"the email “{subject}”"))
