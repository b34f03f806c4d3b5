"""Migrations: each once, safe to repeat, finished after an interruption, clear when they cannot run."""

import subprocess
import sys

import pymysql
import pytest
from pydantic import SecretStr

from falaai import settings
from falaai.connections import connect
from tests.support.database_server import DatabaseServer
from tests.support.databases import STEPS, create_database, create_original, environment, migrate, schema
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS


def test_each_once_and_safe_to_repeat(database_server: DatabaseServer) -> None:
    where = create_database(database_server.address, "falaai_db_twice")
    first, second = migrate(where), migrate(where)
    assert [line.split()[1] for line in first.stdout.splitlines()[:-1]] == STEPS
    assert second.stdout == "migrate: nothing to do\n"


@pytest.mark.parametrize("step", [STEPS[0], *(name for name in STEPS if name > "0004")])
def test_killed_between_statement_and_mark_it_is_finished(
    database_server: DatabaseServer, step: str, where: object
) -> None:
    assert isinstance(where, settings.DatabaseSettings)
    half = create_database(database_server.address, "falaai_db_half")
    assert migrate(half).returncode == 0
    # As a kill leaves it: the statements are there, the mark is not, and yoyo's lock still stands.
    with connect(half, HANG_SECONDS) as connection:
        cursor = connection.cursor()
        cursor.execute("DELETE FROM _yoyo_migration WHERE migration_id >= %s", (step,))
        cursor.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, UTC_TIMESTAMP(6), 1)")
    finished = migrate(half)
    assert finished.returncode == 0, finished.stderr
    assert "an earlier run was interrupted; finishing its work" in finished.stderr
    assert schema(half) == schema(where)


def test_two_at_once_do_not_meet(database_server: DatabaseServer) -> None:
    where = create_database(database_server.address, "falaai_db_locked")
    with connect(where, HANG_SECONDS) as connection:
        connection.cursor().execute("SELECT GET_LOCK('falaai_migrate', 0)")
        finished = migrate(where)
    assert finished.returncode == 1
    assert finished.stderr == (
        "migrate: another migration of this database is running; try again when it has finished\n"
    )


def test_killed_run_leaves_nothing_in_the_way(database_server: DatabaseServer) -> None:
    where = create_database(database_server.address, "falaai_db_killed")
    command = [sys.executable, str(ROOT / "sql/migrate.py")]
    process = subprocess.Popen(command, env=environment(where), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "0006" not in (line := process.stdout.readline()):
        assert line, "the migration ended early"
    process.kill()
    process.communicate()
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    assert migrate(where).stdout == "migrate: nothing to do\n"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"db_password": SecretStr("errada")}, "refused the user devcloud: wrong DB_USER or DB_PASSWORD"),
        ({"db_port": 1}, "no database answers at 127.0.0.1:1; check DB_HOST and DB_PORT"),
        ({"db_name": "falaai_db_nowhere"}, "has no database named falaai_db_nowhere"),
    ],
)
def test_one_sentence_when_the_database_cannot_be_used(
    where: settings.DatabaseSettings, changed: dict[str, object], sentence: str
) -> None:
    finished = migrate(where.model_copy(update=changed))
    assert finished.returncode == 1
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr


def test_old_database_upgrades_in_place(database_server: DatabaseServer) -> None:
    """The first FalaAI's tables with data: messages get their order, pending codes become links."""
    where = create_original(database_server.address, "falaai_db_seed")
    with connect(where, HANG_SECONDS) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "INSERT INTO usuarios VALUES (1, 'Ana', 'Ana@Exemplo.com.br', 'x', 1, NOW(6), 0, 'old-code',"
            " NOW(6) + INTERVAL 1 DAY, NULL)"
        )
        cursor.execute("INSERT INTO conversas VALUES (1, 1, 'Nova Conversa', NOW(6), NOW(6))")
        for second, text in [(3, "três"), (1, "um"), (2, "dois")]:
            cursor.execute(
                "INSERT INTO mensagens (id_conversa, remetente, conteudo, data_envio) VALUES"
                " (1, 'usuario', %s, '2025-01-01' + INTERVAL %s SECOND)",
                (text, second),
            )
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    with connect(where, HANG_SECONDS) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT seq, conteudo FROM mensagens ORDER BY seq")
        assert [tuple(row.values()) for row in cursor.fetchall()] == [(1, "um"), (2, "dois"), (3, "três")]
        cursor.execute("SELECT ultima_seq FROM conversas")
        assert cursor.fetchone() == {"ultima_seq": 3}
        cursor.execute("SELECT email FROM usuarios")
        assert cursor.fetchone() == {"email": "ana@exemplo.com.br"}
        cursor.execute("SELECT COUNT(*) AS n FROM tokens WHERE chave = SHA2('old-code', 256)")
        assert cursor.fetchone() == {"n": 1}
        with pytest.raises(pymysql.IntegrityError):
            cursor.execute("INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
                           " VALUES (1, 3, 'ia', 'x', NOW(6))")  # fmt: skip


def test_ceiling_of_the_upgrade_day_counts_earlier_messages(database_server: DatabaseServer) -> None:
    """Also when the migration is killed and runs again, and the previous release has counted in between."""
    where = create_database(database_server.address, "falaai_db_shares")
    assert migrate(where).returncode == 0
    counts = "SELECT -id_usuario, mensagens FROM uso_diario WHERE id_usuario <= 0 ORDER BY id_usuario DESC"
    with connect(where, HANG_SECONDS) as connection:
        cursor = connection.cursor(pymysql.cursors.Cursor)
        cursor.execute(
            "INSERT INTO uso_diario (id_usuario, dia, mensagens) VALUES (0, UTC_DATE(), 170), (7, UTC_DATE(), 99)"
        )
        cursor.execute("DELETE FROM _yoyo_migration WHERE migration_id >= '0013'")
        assert migrate(where).returncode == 0
        cursor.execute(counts)
        divided = cursor.fetchall()
        assert divided == ((0, 170), *((share, 10) for share in range(1, 16)))
        cursor.execute("UPDATE uso_diario SET mensagens = 180 WHERE id_usuario = 0")
        cursor.execute("DELETE FROM _yoyo_migration WHERE migration_id >= '0013'")
        assert migrate(where).returncode == 0
        cursor.execute(counts)
        assert cursor.fetchall() == ((0, 180), *divided[1:])


def test_ids_are_large_and_no_index_is_the_beginning_of_another(where: settings.DatabaseSettings) -> None:
    """TiDB gives ids out in blocks of 30,000, and keeps the index that came with a foreign key."""
    with connect(where, HANG_SECONDS) as connection, connection.cursor(pymysql.cursors.Cursor) as cursor:
        cursor.execute(
            "SELECT CONCAT(table_name, '.', column_name), data_type FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name NOT LIKE '%yoyo%'"
            " AND (column_name = 'id' OR column_name LIKE 'id\\_%')"
        )
        types = dict(cursor.fetchall())
        assert len(types) >= 8
        assert {name for name, kind in types.items() if kind != "bigint"} == set()
        cursor.execute(
            "SELECT table_name, index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index), MIN(non_unique)"
            " FROM information_schema.statistics WHERE table_schema = DATABASE() AND sub_part IS NULL"
            " GROUP BY table_name, index_name"
        )
        indexes = cursor.fetchall()
    assert len(indexes) > 15
    spare = [
        (table, name)
        for table, name, columns, non_unique in indexes
        for other_table, other_name, others, _ in indexes
        if non_unique and (table, name) != (other_table, other_name) and table == other_table
        if f"{others},".startswith(f"{columns},")
    ]
    assert spare == []


def test_foreign_keys_are_kept_and_named(where: settings.DatabaseSettings) -> None:
    with connect(where, HANG_SECONDS) as connection, connection.cursor(pymysql.cursors.Cursor) as cursor:
        cursor.execute(
            "SELECT constraint_name FROM information_schema.key_column_usage"
            " WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL"
        )
        names = {name for (name,) in cursor.fetchall()}
        assert {name for name in names if not name.startswith("fk_")} == set()
        assert len(names) >= 4
        with pytest.raises(pymysql.IntegrityError):
            cursor.execute(
                "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao) VALUES (-5, NOW(6), NOW(6))"
            )


def test_rows_without_an_owner_do_not_stop_the_migration(database_server: DatabaseServer) -> None:
    """A server that did not enforce foreign keys may have left some."""
    where = create_original(database_server.address, "falaai_db_orphans")
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute("INSERT INTO conversas VALUES (7, 99, 'Sem dono', NOW(6), NOW(6))")
        cursor.execute("INSERT INTO mensagens VALUES (1, 7, 'usuario', 'Oi', NOW(6)), (2, 8, 'ia', 'Olá', NOW(6))")
    finished = migrate(where)
    assert finished.returncode == 0, finished.stderr
    with connect(where, HANG_SECONDS) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT COUNT(*) FROM conversas) + (SELECT COUNT(*) FROM mensagens) AS n")
        assert cursor.fetchone() == {"n": 0}
