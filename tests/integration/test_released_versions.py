"""The database of every released version upgrades in place, and the product reads every row of it.

tests/support/release_database.py wrote the fixtures with the releases themselves. The database of the original FalaAI
is the first of them; test_upgrade.py has it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from falaai import settings
from falaai.database import Row
from falaai.repositories import conversations
from falaai.web.current_user import get_database
from falaai_auth import application as auth_application
from falaai_auth import dependencies as auth_dependencies
from falaai_chat import application as chat_application
from falaai_chat import dependencies as chat_dependencies
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, database_for_rows, environment, migrate, schema
from tests.support.fakes import FakeModel, FakePictureStore, FakeQueues
from tests.support.paths import ROOT
from tests.support.people import PASSWORD
from tests.support.release_database import EMAIL, FOLDER, SESSION_KEY, load
from tests.support.releases import latest_release, unpack
from tests.support.rows import Rows
from tests.support.waiting import HANG_SECONDS

RELEASED = re.findall(r"^## (\d+\.\d+\.\d+) ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
ORIGIN = "http://testserver"
# Fields of conversations and messages that are no values of rows: the product words them at each request.
WORDED = ("grupo", "quando", "aviso", "html")
# Tables of which `/profile/export` returns the user's rows.
EXPORTED = ("usuarios", "uso_diario", "conversas", "mensagens", "sessoes", "tokens")


@dataclass
class Upgraded:
    """A release's database after the migrations: the rows before them, and the release's answers about these."""

    answers: dict[str, Any]
    before: dict[str, list[Row]]
    where: settings.DatabaseSettings
    rows: Rows


def upgrade(server: DatabaseServer, version: str, name: str) -> Upgraded:
    where = create_database(server.address, name)
    answers = load(where, version)
    rows = Rows(database_for_rows(where))
    before = all_rows(rows)
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    return Upgraded(answers, before, where, rows)


def all_rows(rows: Rows) -> dict[str, list[Row]]:
    """Return the rows of the product's tables, without those of the list of migrations."""
    tables = [next(iter(row.values())) for row in rows.list("SHOW TABLES")]
    return {table: rows.list(f"SELECT * FROM {table}") for table in tables if "yoyo" not in table}


@pytest.fixture(scope="module", params=RELEASED)
def upgraded(request: pytest.FixtureRequest, database_server: DatabaseServer) -> Upgraded:
    """One upgrade for all tests of a version; only the last of them changes rows."""
    return upgrade(database_server, request.param, "falaai_db_release")


@dataclass
class Product:
    """Today's web functions on an upgraded database, with a session that was opened in the release."""

    clients: dict[str, TestClient] = field(default_factory=dict)

    def get(self, path: str, **parameters: Any) -> Any:
        client = self.clients["auth" if path.startswith("/profile") else "chat"]
        answer = client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def product(upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    variables = {"SESSION_SECRET_KEY": SESSION_KEY, "PUBLIC_URL": ORIGIN, "PICTURES_BUCKET": "none"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.read.cache_clear()
    product = Product()
    for name, app in {"chat": chat_application.build(), "auth": auth_application.build()}.items():
        app.dependency_overrides |= {
            get_database: lambda: upgraded.rows.database,
            chat_dependencies.get_language_model: lambda: FakeModel(),
            chat_dependencies.get_queues: lambda: FakeQueues(),
            auth_dependencies.get_queues: lambda: FakeQueues(),
            auth_dependencies.get_picture_store: lambda: FakePictureStore(),
        }
        cookies = {"falaai": upgraded.answers["cookie"]}
        product.clients[name] = TestClient(app, cookies=cookies, headers={"origin": ORIGIN})
    yield product
    settings.read.cache_clear()


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def in_fields_of(rows: list[Row], wanted: list[Row]) -> list[Row]:
    """Return the rows without the fields that the rows of the release do not have."""
    assert len(rows) == len(wanted)
    return [{name: row[name] for name in old} for row, old in zip(rows, wanted, strict=True)]


def test_every_released_version_has_its_fixture() -> None:
    assert RELEASED
    assert {path.name for path in FOLDER.iterdir()} == {f"{v}.{end}" for v in RELEASED for end in ("sql", "json")}


def test_upgrade_keeps_every_row_and_gives_the_schema_of_a_new_database(
    upgraded: Upgraded, where: settings.DatabaseSettings
) -> None:
    assert schema(upgraded.where) == schema(where)
    after = all_rows(upgraded.rows)
    for table, rows in upgraded.before.items():
        assert rows, table
        for row in rows:
            assert any(row.items() <= kept.items() for kept in after[table]), (table, row)


def test_product_reads_every_row_after_the_upgrade(upgraded: Upgraded, product: Product) -> None:
    before, now = upgraded.answers["export"], product.get("/profile/export")
    for table in EXPORTED:
        moved = {"sessoes": ("criada_em", "vista_em", "expira_em"), "tokens": ("expira_em",)}.get(table, ())
        wanted = [without(row, *moved) for row in before[table]]
        assert wanted, table
        assert in_fields_of(now[table], wanted) == wanted
    listed = [without(row, *WORDED) for row in upgraded.answers["conversations"]]
    assert in_fields_of(product.get("/conversations"), listed) == listed
    for number, messages in upgraded.answers["messages"].items():
        wanted = [without(row, *WORDED) for row in messages]
        assert in_fields_of(product.get(f"/conversation/{number}"), wanted) == wanted
    summarized = [row for row in upgraded.before["conversas"] if row["resumo"]]
    assert summarized
    for row in summarized:
        found = conversations.find_conversation(upgraded.rows.database, row["id_usuario"], row["id"])
        assert found
        assert found.summary == row["resumo"]


def test_users_of_a_release_search_chat_on_sign_in_and_follow_their_links(
    upgraded: Upgraded, product: Product
) -> None:
    (found,) = product.get("/conversations", q="segunda linha outra vez")
    question = {"message": "E agora?", "conversation_id": found["id"]}
    answer = product.clients["chat"].post("/chat/message", json=question)
    assert answer.status_code == 200, answer.text
    assert [row["seq"] for row in product.get(f"/conversation/{found['id']}")] == [1, 2, 3, 4]
    auth = product.clients["auth"]
    signed_in = auth.post("/login", json={"email": EMAIL, "senha": PASSWORD})
    assert signed_in.status_code == 200, signed_in.text
    link = f"/verify_link/{upgraded.answers['bia_link']}"
    assert auth.post(link, data={"senha": PASSWORD}, follow_redirects=False).status_code == 303
    assert upgraded.rows.value("SELECT email_verified FROM usuarios WHERE email = 'bia@exemplo.com.br'") == 1


def test_code_of_the_latest_release_works_on_the_new_schema(database_server: DatabaseServer, tmp_path: Path) -> None:
    """As during a deployment, which migrates first. The way back to that release needs the same."""
    release = unpack(latest_release(), tmp_path / "release")
    upgraded = upgrade(database_server, RELEASED[0], "falaai_db_release_in_use")
    code = [release / "layers/shared/python", *(release / "functions").iterdir(), release]
    variables = environment(upgraded.where) | {
        "PYTHONPATH": os.pathsep.join(map(str, code)),
        "SESSION_SECRET_KEY": SESSION_KEY,
        "PUBLIC_URL": ORIGIN,
    }
    program = [sys.executable, "-P", str(ROOT / "tests/support/release_in_use.py")]
    finished = subprocess.run(
        [*program, EMAIL, PASSWORD, upgraded.answers["cookie"]],
        env=variables, cwd=release, capture_output=True, text=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    assert finished.stdout.endswith("used\n"), finished.stdout + finished.stderr
