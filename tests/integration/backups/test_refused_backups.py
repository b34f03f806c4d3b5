"""Backups and restores that are refused, with one sentence, or that fail or are killed half way."""

import resource
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest

from falaai.connections import connect
from falaai.database import Database
from falaai.settings import DatabaseSettings
from operations.backups import archive
from tests.support.backup_operator import KEY, Operator, contents, refusal, restored
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, migrate
from tests.support.paths import ROOT
from tests.support.rows import Rows
from tests.support.waiting import wait_until


def test_database_with_rows_is_refused(operator: Operator, rows: Rows) -> None:
    rows.user()
    made = operator.back_up()
    before = contents(operator.where)
    assert "the database is not empty: usuarios has rows" in refusal(operator, made, operator.where)
    assert contents(operator.where) == before


def cut_short(made: Path) -> None:
    (made / archive.MANIFEST).unlink()


def missing_part(made: Path) -> None:
    (made / "usuarios.00000").unlink()


def flipped_byte(made: Path) -> None:
    file = made / "usuarios.00000"
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)


def flipped_byte_of_the_manifest(made: Path) -> None:
    file = made / archive.MANIFEST
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)


def shortened_part(made: Path) -> None:
    file = made / "usuarios.00000"
    file.write_bytes(file.read_bytes()[:-1])


def exchanged_parts(made: Path) -> None:
    one, other = made / "usuarios.00000", made / "_yoyo_log.00000"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


FAULTS: list[tuple[Callable[[Path], None], str]] = [
    (cut_short, "holds no whole backup: it has no manifest"),
    (missing_part, "usuarios.00000 is missing"),
    (flipped_byte, "usuarios.00000 is damaged: its SHA-256 is not that of the manifest"),
    (flipped_byte_of_the_manifest, "manifest is damaged, or belongs to another backup"),
    (shortened_part, "usuarios.00000 has"),
    (exchanged_parts, "00000 has"),
]


@pytest.mark.parametrize(("damage", "sentence"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_damaged_backup_is_refused(
    operator: Operator, rows: Rows, empty: DatabaseSettings, damage: Callable[[Path], None], sentence: str
) -> None:
    rows.user()
    made = operator.back_up()
    damage(made)
    assert sentence in refusal(operator, made, empty)
    # If a row may have been stored, no deployment takes the database for a whole one.
    if "restauracao_incompleta" in contents(empty):
        assert "the database holds an interrupted restore" in migrate(empty).stderr
        assert "the database holds an interrupted restore" in refusal(operator, made, empty)
        assert replace(operator, where=empty).run("backup").returncode == 1


def test_another_key_is_refused_and_an_older_key_opens(
    operator: Operator, rows: Rows, empty: DatabaseSettings
) -> None:
    rows.user()
    made, newer = operator.back_up(), "outra-chave-0123456789-0123456789-0123"
    sentence = refusal(operator, made, empty, BACKUP_KEY=newer)
    assert "BACKUP_KEY is not the key that encrypted manifest" in sentence
    assert KEY not in sentence
    assert "BACKUP_KEY is not set" in refusal(operator, made, empty, BACKUP_KEY="curta")
    restored(operator, made, empty, BACKUP_KEY=f"{newer} {KEY}")


def test_schema_of_a_newer_release_is_refused(operator: Operator, rows: Rows, empty: DatabaseSettings) -> None:
    rows.run("INSERT INTO _yoyo_migration VALUES ('x', '9999.later', NOW(6))")
    try:
        made = operator.back_up()
    finally:
        rows.run("DELETE FROM _yoyo_migration WHERE migration_id = '9999.later'")
    sentence = refusal(operator, made, empty)
    assert "ends with 9999.later, which this release does not know" in sentence
    assert "check out the release that made the backup" in sentence


def test_missing_place_is_named(operator: Operator) -> None:
    finished = replace(operator, more={"BACKUP_TO": ""}).run("backup")
    assert finished.returncode == 1
    assert "there is no place for backups; set BACKUP_TO" in finished.stderr


def test_full_disk_ends_the_backup_without_a_manifest(operator: Operator, rows: Rows) -> None:
    """A limit on the size of files fails as a full disk does, by an error of the write."""
    for number in range(8):
        rows.user(f"{number}@exemplo.com.br")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))

    finished = operator.run_alone("backup", preexec_fn=limit)
    assert finished.returncode == 1
    assert "cannot be written: File too large" in finished.stderr
    assert "Traceback" not in finished.stderr
    (made,) = operator.place.iterdir()
    assert not (made / archive.MANIFEST).exists()


def test_backup_does_not_run_beside_a_migration(operator: Operator) -> None:
    with connect(operator.where) as connection:
        connection.cursor().execute("SELECT GET_LOCK('falaai_migrate', 0)")
        finished = operator.run("backup")
    assert finished.returncode == 1
    assert "a migration of this database is running" in finished.stderr


def test_restore_that_is_killed_is_never_taken_for_a_whole_one(
    operator: Operator, rows: Rows, empty: DatabaseSettings, database_server: DatabaseServer
) -> None:
    user = rows.user()
    conversation = rows.conversation(user)
    for start in range(0, 20_000, 1000):
        values = ", ".join(f"({conversation}, {seq}, 'usuario', REPEAT('x', 500), NOW(6))"
                           for seq in range(start, start + 1000))  # fmt: skip
        rows.run(f"INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio) VALUES {values}")
    made, target = operator.back_up(), replace(operator, where=empty)
    command, variables = target.command("restore", str(made)), target.environment()
    half = Database(lambda: connect(empty))

    def some_are_stored() -> bool:
        try:
            return bool(half.find("SELECT 1 FROM mensagens LIMIT 1"))
        except pymysql.ProgrammingError:  # the table does not exist yet
            return False

    with subprocess.Popen(command, env=variables, cwd=ROOT) as process:
        try:
            wait_until(some_are_stored, "the first rows")
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    assert half.count("SELECT COUNT(*) FROM mensagens") < 20_000
    assert "the database holds an interrupted restore" in migrate(empty).stderr
    assert "the database holds an interrupted restore" in refusal(operator, made, empty)
    again = create_database(database_server.address, "falaai_db_restored")
    restored(operator, made, again)
    assert Database(lambda: connect(again)).count("SELECT COUNT(*) FROM mensagens") == 20_000
