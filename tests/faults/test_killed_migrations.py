"""A migration killed between any two of its statements and run again ends in the same schema, with the same data."""

import os

import pytest
import sqlparse

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from tests.support.database_server import DatabaseServer
from tests.support.databases import STEPS, create_database, migrate, schema
from tests.support.paths import ROOT

SEED = (
    (
        "INSERT INTO usuarios VALUES"
        " (1, 'Ana', 'Ana@Exemplo.com.br', 'x', 1, '2025-01-01', 0, 'codigo', '2030-01-01', NULL)"
    ),
    "INSERT INTO conversas VALUES (1, 1, 'Nova Conversa', '2025-01-01', '2025-01-02')",
    "INSERT INTO mensagens VALUES (1, 1, 'usuario', 'três', '2025-01-03'), (2, 1, 'usuario', 'um', '2025-01-01')",
)


def statements(step: str) -> list[str]:
    return [one for one in sqlparse.split((ROOT / f"sql/{step}.sql").read_text(), strip_semicolon=True) if one]


MOMENTS = [(step, count) for step in STEPS for count in range(1, len(statements(step)) + 1)]


def seeded(database_server: DatabaseServer, name: str) -> DatabaseSettings:
    """A database of the first FalaAI."""
    where = create_database(database_server.address, name)
    with connect(where) as connection, connection.cursor() as cursor:
        for statement in (*statements(STEPS[0]), *SEED):
            cursor.execute(statement)
    return where


def run_until(where: DatabaseSettings, step: str, count: int) -> None:
    """As a kill leaves it at the worst: nothing of what was done is marked."""
    with connect(where) as connection, connection.cursor() as cursor:
        for earlier in STEPS[1 : STEPS.index(step)]:
            for statement in statements(earlier):
                cursor.execute(statement)
        for statement in statements(step)[:count] if step != STEPS[0] else []:
            cursor.execute(statement)


def contents(where: DatabaseSettings) -> list[object]:
    queries = (
        "SELECT id, nome, email, verification_code, email_novo FROM usuarios",
        "SELECT id, ultima_seq, titulo_conversa FROM conversas",
        "SELECT id, seq, estado, conteudo FROM mensagens ORDER BY id",
        "SELECT chave, id_usuario, finalidade, expira_em FROM tokens",
    )
    with connect(where) as connection, connection.cursor() as cursor:
        found: list[object] = []
        for query in queries:
            cursor.execute(query)
            found.append(cursor.fetchall())
        return found


@pytest.fixture(scope="module")
def undisturbed(database_server: DatabaseServer) -> DatabaseSettings:
    where = seeded(database_server, "falaai_db_undisturbed")
    assert migrate(where).returncode == 0
    return where


@pytest.mark.skipif(
    not os.environ.get("WHOLE"), reason="test_migrations.py has a sample; all of it: make test-faults"
)
@pytest.mark.parametrize(("step", "count"), MOMENTS)
def test_killed_between_statements(
    database_server: DatabaseServer, undisturbed: DatabaseSettings, step: str, count: int
) -> None:
    where = seeded(database_server, "falaai_db_interrupted")
    run_until(where, step, count)
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    assert schema(where) == schema(undisturbed)
    assert contents(where) == contents(undisturbed)
