"""Fixtures: a migrated database for tests on devcloud's server, emptied before each test, and devcloud's fakes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database, Row
from falaai_auth.passwords import hash_password
from tests.conftest import RunningCloud
from tests.integration.migrating import create_database, migrate

TABLES = ("transacoes", "uso_diario", "mensagens", "conversas", "tokens", "sessoes", "limites", "usuarios")


@pytest.fixture(scope="session")
def where(cloud: RunningCloud) -> settings.DatabaseSettings:
    """Settings of a migrated database that only these tests use."""
    fresh = create_database(cloud, "falaai_db_integration")
    finished = migrate(fresh)
    assert finished.returncode == 0, finished.stderr
    return fresh


@pytest.fixture
def session_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Session key for rules that run in the test's process."""
    settings.read.cache_clear()
    monkeypatch.setenv("SESSION_SECRET_KEY", "k" * 40)
    yield "k" * 40
    settings.read.cache_clear()


@pytest.fixture
def database(where: settings.DatabaseSettings, session_secret: str) -> Database:
    assert session_secret
    database = Database(lambda: connect(where))
    for table in TABLES:
        database.run(f"DELETE FROM {table}")
    return database


@dataclass
class Rows:
    """Insert and read rows directly, without the repositories."""

    database: Database

    def run(self, sql: str, *parameters: Any) -> int:
        return self.database.run(sql, parameters)

    def insert(self, sql: str, *parameters: Any) -> int:
        return self.database.insert(sql, parameters)

    def list(self, sql: str, *parameters: Any) -> list[Row]:
        return self.database.list(sql, parameters)

    def value(self, sql: str, *parameters: Any) -> Any:
        (row,) = self.list(sql, *parameters)
        return next(iter(row.values()))

    def user(self, email: str = "ana@exemplo.com.br", verified: bool = True, password: str = "") -> int:
        """Insert an account. Without `password`, no password opens it."""
        return self.insert(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana Souza', %s, %s, TRUE, UTC_TIMESTAMP(), %s)",
            email,
            hash_password(password) if password else "x",
            verified,
        )

    def conversation(self, user_id: int, *texts: str, days_old: int = 0, pinned: bool = False) -> int:
        """Insert a conversation of alternating questions and replies."""
        conversation_id = self.insert(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq, fixada) VALUES"
            " (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s DAY, %s, %s)",
            user_id,
            days_old,
            len(texts),
            pinned,
        )
        for seq, text in enumerate(texts, start=1):
            self.insert(
                "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
                " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
                conversation_id,
                seq,
                "usuario" if seq % 2 else "ia",
                text,
            )
        return conversation_id


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)


def aws_client(cloud: RunningCloud, service: str) -> Any:
    """Create a boto3 client for devcloud's AWS emulator."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.addresses["aws"],
        region_name="us-east-1",
        aws_access_key_id="devcloud",
        aws_secret_access_key="devcloud",
    )


@dataclass
class FakeService:
    """Admin routes of a fake."""

    url: str

    def fault(self, **fault: Any) -> None:
        httpx.put(f"{self.url}/admin/faults", json=fault).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/admin/requests").json())


@pytest.fixture
def gemini(cloud: RunningCloud) -> Iterator[FakeService]:
    fake = FakeService(str(cloud.addresses["gemini"]))
    httpx.delete(f"{fake.url}/admin/requests").raise_for_status()
    models = httpx.get(f"{fake.url}/admin/models").json()["models"]
    yield fake
    fake.fault(fault=None)
    httpx.put(f"{fake.url}/admin/pace", json={"delay": 0.03}).raise_for_status()
    httpx.put(f"{fake.url}/admin/models", json={"models": models}).raise_for_status()
    httpx.put(f"{fake.url}/admin/refused", json={"parameters": []}).raise_for_status()


@pytest.fixture
def sendgrid(cloud: RunningCloud) -> Iterator[FakeService]:
    fake = FakeService(str(cloud.addresses["sendgrid"]))
    yield fake
    fake.fault(status=None)
