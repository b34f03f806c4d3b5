"""A migration killed between any two of its statements and run again ends in the same schema, with the same data."""

import os

import pymysql
import pytest

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from tests.support.database_server import DatabaseServer
from tests.support.databases import STEPS, apply, create_original, migrate, schema, statements
from tests.support.waiting import HANG_SECONDS

SEED = (
    (
        "INSERT INTO usuarios VALUES"
        " (1, 'Ana', 'Ana@Exemplo.com.br', 'x', 1, '2025-01-01', 0, 'codigo', '2030-01-01', NULL)"
    ),
    "INSERT INTO conversas VALUES (1, 1, 'Nova Conversa', '2025-01-01', '2025-01-02')",
    "INSERT INTO mensagens VALUES (1, 1, 'usuario', 'três', '2025-01-03'), (2, 1, 'usuario', 'um', '2025-01-01')",
)


MOMENTS = [(step, count) for step in STEPS for count in range(1, len(statements(step)) + 1)]
BINARY, IGNORING_CASE = "utf8mb4_bin", "utf8mb4_general_ci"


def seeded(database_server: DatabaseServer, name: str, collation: str) -> DatabaseSettings:
    """A database of the first FalaAI."""
    where = create_original(database_server.address, name, collation)
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        for statement in SEED:
            cursor.execute(statement)
    return where


def run_until(where: DatabaseSettings, step: str, count: int) -> None:
    """As a kill leaves it at the worst: nothing of what was done is marked."""
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        for earlier in STEPS[1 : STEPS.index(step)]:
            apply(cursor, earlier)
        if step != STEPS[0]:
            apply(cursor, step, count)


def contents(where: DatabaseSettings) -> list[object]:
    queries = (
        "SELECT id, nome, email, verification_code, email_novo FROM usuarios",
        "SELECT id, ultima_seq, titulo_conversa FROM conversas",
        "SELECT id, seq, estado, conteudo FROM mensagens ORDER BY id",
        "SELECT chave, id_usuario, finalidade, expira_em FROM tokens",
    )
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        found: list[object] = []
        for query in queries:
            cursor.execute(query)
            found.append(cursor.fetchall())
        return found


@pytest.fixture(scope="module", params=[BINARY, IGNORING_CASE])
def undisturbed(database_server: DatabaseServer, request: pytest.FixtureRequest) -> tuple[str, DatabaseSettings]:
    """Collation of the original's texts, and its database after all migrations."""
    where = seeded(database_server, f"falaai_db_undisturbed_{request.param}", request.param)
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    return request.param, where


@pytest.mark.skipif(
    not os.environ.get("WHOLE"), reason="test_migrations.py has a sample; all of it: make test-faults"
)
@pytest.mark.parametrize(("step", "count"), MOMENTS)
def test_killed_between_statements(
    database_server: DatabaseServer, undisturbed: tuple[str, DatabaseSettings], step: str, count: int
) -> None:
    collation, expected = undisturbed
    where = seeded(database_server, "falaai_db_interrupted", collation)
    run_until(where, step, count)
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    assert schema(where) == schema(expected)
    assert contents(where) == contents(expected)


EMAILS_STEP = next(step for step in STEPS if step.endswith(".emails"))


@pytest.mark.parametrize("collation", [BINARY, IGNORING_CASE])
@pytest.mark.parametrize("count", range(len(statements(EMAILS_STEP)) + 1))
def test_address_stays_unique_while_its_column_changes(
    database_server: DatabaseServer, collation: str, count: int
) -> None:
    """The older release still runs: at every moment it tries to register an address that has an account."""
    where = seeded(database_server, "falaai_db_registering", collation)
    run_until(where, EMAILS_STEP, count)
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        stored = "Ana@Exemplo.com.br" if count < 5 else "ana@exemplo.com.br"
        with pytest.raises((pymysql.IntegrityError, pymysql.OperationalError)) as refused:
            cursor.execute(
                "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro)"
                " VALUES ('Outra', %s, 'x', 1, UTC_TIMESTAMP(6))",
                (stored,),
            )
        # Duplicate entry, or no column of this name.
        assert refused.value.args[0] in (1062, 1054)
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT email FROM usuarios")
        assert cursor.fetchall() == [{"email": "ana@exemplo.com.br"}]
