"""People of the first FalaAI get in: with their old hashes, and by links that were on their way."""

import time

import pytest
from argon2 import PasswordHasher

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from falaai.errors import WrongCredentials
from falaai.repositories import conversations, messages, users
from falaai_auth.browsers import Browser
from falaai_auth.schemas import Credentials
from falaai_auth.sign_in import REFUSAL_SECONDS, sign_in
from falaai_auth.verification import verify
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_original, database_for_rows, migrate
from tests.support.waiting import HANG_SECONDS

# The form of passlib's argon2 hashes: $argon2id$ with parameters of its own, here weaker than today's.
OLD_HASH = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, salt_len=16).hash("senha de antes")
BROWSER = Browser("navegador", "127.0.0.1")
CODE = "7c1e9d2a-0f3b-4c55-8a41-5d1f0e6b9a77"


@pytest.fixture(params=["utf8mb4_bin", "utf8mb4_general_ci"])
def upgraded(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Database:
    """A database of the first FalaAI with two people, as TiDB made it or as MySQL did, migrated."""
    where = create_original(database_server.address, "falaai_db_upgrade", request.param)
    with connect(where, HANG_SECONDS) as connection:
        cursor = connection.cursor()
        people = [("Ana@Exemplo.com.br", True, None), ("bia@exemplo.com.br", False, CODE)]
        for email, verified, code in people:
            cursor.execute(
                "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified,"
                " verification_code, code_expiration)"
                " VALUES ('Pessoa', %s, %s, 1, NOW(6), %s, %s, NOW(6) + INTERVAL 1 HOUR)",
                (email, OLD_HASH, verified, code),
            )
        cursor.execute("INSERT INTO conversas VALUES (7, 1, 'Receitas', '2025-01-01', '2025-01-02')")
        cursor.execute(
            "INSERT INTO mensagens VALUES (1, 7, 'usuario', 'Oi', '2025-01-01'), (2, 7, 'ia', 'Olá', '2025-01-01')"
        )
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    settings.read.cache_clear()
    monkeypatch.setenv("SESSION_SECRET_KEY", "k" * 40)
    return database_for_rows(where)


def test_old_password_opens_the_account_and_is_hashed_anew(upgraded: Database) -> None:
    form = Credentials(email="ana@exemplo.com.br", senha="senha de antes")
    sign_in(upgraded, form, BROWSER)
    user = users.find_user_by_email(upgraded, "ana@exemplo.com.br")
    assert user is not None
    assert "m=65536,t=3,p=4" in user.password_hash
    sign_in(upgraded, form, BROWSER)


@pytest.mark.parametrize("email", ["ana@exemplo.com.br", "bia@exemplo.com.br", "ninguem@exemplo.com.br"])
def test_refusal_does_not_tell_by_time_that_a_hash_is_old(upgraded: Database, email: str) -> None:
    began = time.monotonic()
    with pytest.raises(WrongCredentials):
        sign_in(upgraded, Credentials(email=email, senha="errada errada"), BROWSER)
    assert time.monotonic() - began >= REFUSAL_SECONDS


def test_old_conversation_opens(upgraded: Database) -> None:
    found = conversations.find_conversation(upgraded, 1, 7)
    assert found is not None
    assert (found.title, found.last_seq) == ("Receitas", 2)
    old = messages.list_messages(upgraded, 7, after_seq=0, limit=100)
    assert [(message.seq, message.text) for message in old] == [(1, "Oi"), (2, "Olá")]


def test_pending_code_verifies(upgraded: Database) -> None:
    form = Credentials(email="bia@exemplo.com.br", senha="senha de antes")
    with pytest.raises(WrongCredentials):
        sign_in(upgraded, form, BROWSER)
    assert verify(upgraded, CODE, "senha de antes", BROWSER) is not None
    sign_in(upgraded, form, BROWSER)


def test_address_is_compared_byte_by_byte(upgraded: Database) -> None:
    assert users.find_user_by_email(upgraded, "ana@exemplo.com.br") is not None
    assert users.find_user_by_email(upgraded, "aná@exemplo.com.br") is None
