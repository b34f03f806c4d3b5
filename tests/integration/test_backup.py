"""Backups: whole, encrypted and consistent; restored to equal rows, or refused with one sentence."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pymysql
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from falaai import settings
from falaai.attachment_files import keys_of
from falaai.connections import Connection, connect
from falaai.database import Database
from falaai.repositories import personal_data
from falaai.settings import DatabaseSettings
from operations import backup, backup_check, restore
from operations.backups import archive, restoring
from operations.backups.archive import BackupReader, BackupWriter, Table
from operations.backups.encryption import Sealer
from operations.backups.errors import BackupError
from operations.backups.snapshot import fetch, list_tables, open_exact, read_rows
from operations.backups.storage import Folder
from tests.support.attached_files import AttachedFiles
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, environment, migrate, schema
from tests.support.fakes import GROUNDING
from tests.support.paths import ROOT
from tests.support.rows import TABLES, Rows
from tests.support.waiting import HANG_SECONDS, wait_until

KEY = "chave-de-backup-0123456789abcdefghij"
HOSTILE = [
    "'; DROP TABLE usuarios; -- \\' \" \\\\ \\n %s %(x)s {0}",
    "linha 1\nlinha 2\r\n\ttab \x00 nul \x1a \u2028 \u0085 fim  ",
    "👩‍👩‍👧‍👦🇧🇷 e\u0301 é ﷽ \u202e direita \ufeff",
    "",
    '{"b64": "AAAA"}',
    "x" * 32_000,
]
PICTURE = bytes(range(256)) * 8


@dataclass
class Operator:
    """Runs the programs of `make backup`, `make restore` and `make backup-check` against one database."""

    where: DatabaseSettings
    place: Path
    more: dict[str, str] = field(default_factory=dict)

    def run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the program in this process, which is faster."""
        command, out, err = self.command(program, *arguments), io.StringIO(), io.StringIO()
        main = {"backup": backup.main, "restore": restore.main, "backup_check": backup_check.main}[program]
        with mock.patch.dict(os.environ, self.environment()), redirect_stdout(out), redirect_stderr(err):
            settings.read.cache_clear()
            code = main(*command[3:])
        settings.read.cache_clear()
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    def run_alone(self, program: str, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run the program in a process of its own."""
        return subprocess.run(
            self.command(program, *arguments), env=self.environment(), cwd=ROOT, capture_output=True, text=True,
            timeout=HANG_SECONDS, **options,
        )  # fmt: skip

    def command(self, program: str, *arguments: str) -> list[str]:
        env_file = self.place.parent / "env"
        env_file.touch()
        return [sys.executable, "-m", f"operations.{program}", "dev", str(env_file), *arguments]

    def environment(self) -> dict[str, str]:
        python = os.pathsep.join([str(ROOT / "devcloud/src"), str(ROOT / "layers/shared/python")])
        own = {"BACKUP_KEY": KEY, "BACKUP_TO": str(self.place), "BACKUP_PICTURES": "off"}
        return {**environment(self.where), **own, **self.more, "PYTHONPATH": python}

    def back_up(self) -> Path:
        """Write a backup. Returns its folder."""
        before = set(self.place.glob("*"))
        finished = self.run("backup")
        assert finished.returncode == 0, finished.stderr
        (made,) = set(self.place.glob("*")) - before
        return made


@pytest.fixture(scope="module")
def source(database_server: DatabaseServer) -> DatabaseSettings:
    """A database of these tests alone: their large ids are not given in others."""
    where = create_database(database_server.address, "falaai_db_saved")
    assert migrate(where).returncode == 0
    return where


@pytest.fixture
def database(source: DatabaseSettings) -> Database:
    database = Database(lambda: connect(source))
    for table in TABLES:
        database.run(f"DELETE FROM {table}")
    return database


@pytest.fixture
def operator(source: DatabaseSettings, database: Database, tmp_path: Path) -> Operator:
    """The operator of an empty database with its schema."""
    assert database
    return Operator(source, tmp_path / "backups")


@pytest.fixture
def empty(database_server: DatabaseServer) -> DatabaseSettings:
    return create_database(database_server.address, "falaai_db_restored")


def fill(rows: Rows) -> None:
    """Put rows into every table: hostile texts, NULL, large ids and numbers, times with microseconds."""
    ana = rows.user("ana@exemplo.com.br")
    for number, text in enumerate(HOSTILE):
        rows.conversation(ana, text, f"resposta {number}")
    attached = AttachedFiles(rows)
    newest = rows.value("SELECT MAX(id) FROM mensagens WHERE remetente = 'usuario'")
    file_id = attached.file(ana, resumo=HOSTILE[0], transcricao=HOSTILE[1], trecho=HOSTILE[2], resumo_estado="pronto")
    attached.attach(file_id, newest, HOSTILE[0])
    attached.unsent(ana)
    rows.run("UPDATE conversas SET resumo = %s, resumo_ate_seq = 2147483647 LIMIT 1", HOSTILE[2])
    rows.run(
        "UPDATE mensagens SET buscar = TRUE, buscada_em = '2026-02-28 23:59:59.999999', pesquisa = %s, sugestoes = %s"
        " WHERE remetente = 'ia' LIMIT 1",
        *(GROUNDING.stored(), HOSTILE[0]),
    )
    rows.insert(
        "INSERT INTO usuarios (id, nome, email, senha, termos_registro, data_registro, email_verified,"
        " profile_pic_url, instrucoes, memoria_pausada, memoria_desde, buscar, papel, bloqueada_em, cota_diaria,"
        " grupo) VALUES (2000000000, %s, 'max@exemplo.com.br', 'x', 0, '1000-01-01', NULL, NULL, %s, TRUE,"
        " '1000-01-01', TRUE, 'admin', '2026-01-02 03:04:05.678901', 2147483647, 'turma-2')",
        HOSTILE[0],
        HOSTILE[1],
    )
    rows.run(
        "INSERT INTO sessoes (id, chave, id_usuario, criada_em, vista_em, expira_em, navegador) VALUES"
        " (4611686018427387904, 's', %s, '2026-01-02 03:04:05.678901', NOW(6), NOW(6), %s)",
        ana,
        HOSTILE[2],
    )
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', %s, NOW(6), NOW(6), NULL)", ana, HOSTILE[0])
    rows.run("INSERT INTO mensagens_prontas VALUES (4611686018427387904, %s, 'x', %s, NOW(6))", ana, HOSTILE[2])
    rows.run("INSERT INTO avaliacoes VALUES (2000000000, 3, %s, 'ruim', 'outra', NULL, '2026-02-28')", ana)
    rows.run("INSERT INTO fatos VALUES (4611686018427387904, %s, %s, 2000000000, NOW(6))", ana, HOSTILE[1])
    rows.run("INSERT INTO limites VALUES ('l', NOW(6), NOW(6), -5)")
    rows.run("INSERT INTO transacoes VALUES ('k', '9999-12-31 23:59:59.999999')")
    for share in range(-15, 1):
        rows.run(
            "INSERT INTO uso_diario (id_usuario, dia, mensagens, tokens_entrada, pensadas, bytes_enviados,"
            " buscas, consultas)"
            " VALUES (%s, '2026-02-28', 3, 9223372036854775807, 2, 4611686018427387904, 5, 2147483647)",
            share,
        )
    rows.run("INSERT INTO exportacoes VALUES (1, %s, 'pronta', 1, 5, NOW(6), NOW(6), NOW(6), NOW(6))", ana)
    rows.run("INSERT INTO auditoria VALUES (4611686018427387904, 0, %s, 'cota', NULL, NOW(6))", ana)
    rows.run(
        "INSERT INTO convites (id, id_usuario, chave, email, usos, criado_em, expira_em)"
        " VALUES (1, %s, 'c', %s, 1, NOW(6), NOW(6))",
        *(ana, HOSTILE[0]),
    )
    rows.run("INSERT INTO falhas_diarias VALUES (%s, '2026-02-28', 'model_silent', 2147483647)", ana)
    rows.run("INSERT INTO uso_total VALUES ('2026-02-28', 1, 2, 3, 4, 5, 6, 7, 8, 9223372036854775807)")
    rows.run("INSERT INTO convites_usos VALUES (1, 'u', NOW(6))")
    rows.run("INSERT INTO contas_apagadas VALUES (2000000500, '2026-01-01 00:00:00.000001')")


def contents(where: DatabaseSettings) -> dict[str, list[bytes]]:
    """Return all rows of all tables, as the server writes them."""
    connection = open_exact(where)
    try:
        return {table.name: list(read_rows(connection, table)) for table in list_tables(connection)}
    finally:
        connection.close()


def restored(operator: Operator, made: Path, target: DatabaseSettings, **more: str) -> str:
    """Restore. Returns the program's output."""
    finished = replace(operator, where=target, more=more).run("restore", str(made))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def refusal(operator: Operator, made: Path, target: DatabaseSettings, **more: str) -> str:
    """Try to restore. Returns the one sentence of the refusal."""
    finished = replace(operator, where=target, more=more).run("restore", str(made))
    assert finished.returncode == 1, finished.stdout
    assert finished.stderr.count("\n") == 1, finished.stderr
    return finished.stderr


def test_every_table_returns_with_equal_rows(operator: Operator, rows: Rows, empty: DatabaseSettings) -> None:
    fill(rows)
    before = contents(operator.where)
    assert [name for name, lines in before.items() if not lines and "yoyo" not in name] == []
    made = operator.back_up()
    assert contents(operator.where) == before
    said = restored(operator, made, empty)
    assert "all users must sign in again" in said
    after = contents(empty)
    # A session or link that was revoked or used since must not come back; no backup has the files of archives.
    for name in ("sessoes", "tokens", "exportacoes"):
        assert after.pop(name) == []
        before.pop(name)
    assert after == before
    assert schema(empty) == schema(operator.where)
    assert migrate(empty).stdout == "migrate: nothing to do\n"


def test_temporary_conversation_is_in_no_backup(operator: Operator, rows: Rows, empty: DatabaseSettings) -> None:
    user = rows.user()
    kept, temporary = rows.conversation(user, "guardada", "sim"), rows.conversation(user, "passageira", "sim")
    rows.run("UPDATE conversas SET temporaria = TRUE, temporaria_em = UTC_TIMESTAMP(6) WHERE id = %s", temporary)
    restored(operator, operator.back_up(), empty)
    again = Rows(Database(lambda: connect(empty)))
    assert again.list("SELECT id FROM conversas") == [{"id": kept}]
    assert again.list("SELECT conteudo FROM mensagens WHERE seq = 1") == [{"conteudo": "guardada"}]


def test_restored_database_gives_no_id_twice(operator: Operator, rows: Rows, empty: DatabaseSettings) -> None:
    """Also if the row with the highest id is gone; an id in the list of deleted accounts is never given again."""
    rows.run("DELETE FROM conversas WHERE id = %s", rows.conversation(rows.user()))
    newest = rows.conversation(rows.value("SELECT id FROM usuarios"))
    rows.run("DELETE FROM conversas WHERE id = %s", newest)
    gone = rows.value("SELECT MAX(id) FROM usuarios") + 1000
    rows.run("INSERT INTO contas_apagadas VALUES (%s, NOW(6))", gone)
    restored(operator, operator.back_up(), empty)
    again = Rows(Database(lambda: connect(empty)))
    user = again.user("outra@exemplo.com.br")
    assert user > gone
    assert again.conversation(user) > newest


def test_files_show_no_text_and_no_address(operator: Operator, rows: Rows) -> None:
    fill(rows)
    made = operator.back_up()
    for file in made.iterdir():
        content = file.read_bytes()
        assert content.startswith(b"FALAAI1\n")
        assert b"exemplo.com.br" not in content
        assert b"usuarios" not in content


def test_check_restores_elsewhere_and_compares_every_row(operator: Operator, rows: Rows) -> None:
    fill(rows)
    total = sum(len(lines) for lines in contents(operator.where).values())
    operator.back_up()
    finished = operator.run("backup_check")
    assert finished.returncode == 0, finished.stderr
    assert f"{total:,} rows are equal" in finished.stdout


def test_check_finds_a_row_that_did_not_come_back_equal(
    operator: Operator, rows: Rows, empty: DatabaseSettings
) -> None:
    fill(rows)
    saved = BackupReader(Folder(operator.back_up()), Sealer(KEY))
    restoring.load(saved, empty)
    assert restoring.compare(saved, empty) == saved.manifest.rows
    Database(lambda: connect(empty)).run("UPDATE mensagens SET conteudo = CONCAT(conteudo, ' ') LIMIT 1")
    with pytest.raises(BackupError, match="mensagens: the 12 restored rows differ from the 12 saved ones"):
        restoring.compare(saved, empty)


def test_snapshot_is_of_one_moment_while_writes_go_on(
    operator: Operator, rows: Rows, empty: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each table is read, a conversation with two messages is added, and the oldest one is deleted."""
    user, tables = rows.user(), 0
    conversations = [rows.conversation(user, "a", "b") for _ in range(60)]

    def write_and_read(connection: Connection, table: Table) -> Iterator[bytes]:
        nonlocal tables
        rows.conversation(user, "a", "b")
        for statement in ("DELETE FROM mensagens WHERE id_conversa = %s", "DELETE FROM conversas WHERE id = %s"):
            rows.run(statement, conversations[tables])
        tables += 1
        return read_rows(connection, table)

    monkeypatch.setattr(backup, "read_rows", write_and_read)
    restored(operator, operator.back_up(), empty)
    again = Rows(Database(lambda: connect(empty)))
    assert [row["id"] for row in again.list("SELECT id FROM conversas ORDER BY id")] == conversations
    assert again.value("SELECT COUNT(*) FROM mensagens") == 2 * len(conversations)
    assert tables > 10
    assert rows.value("SELECT MIN(id) FROM conversas") == conversations[tables]


@pytest.mark.parametrize("known_to", ["a newer backup", "the replaced database"])
def test_account_that_was_deleted_after_the_backup_stays_deleted(
    operator: Operator, rows: Rows, database: Database, empty: DatabaseSettings, tmp_path: Path, known_to: str
) -> None:
    ana, bia = rows.user("ana@exemplo.com.br"), rows.user("bia@exemplo.com.br")
    for user in (ana, bia):
        rows.conversation(user, "Oi", "Olá")
    made = operator.back_up()
    database.transaction(lambda sql: personal_data.delete_rows(sql, ana))
    old = tmp_path / "old.env"
    if known_to == "a newer backup":
        wait_until(lambda: int(time.time()) > made.stat().st_mtime + 1, "another second, for another name")
        operator.back_up()
        finished = replace(operator, where=empty).run("restore", str(made))
    else:
        names = {name: value for name, value in environment(operator.where).items() if name.startswith("DB_")}
        old.write_text("".join(f"{name}={value}\n" for name, value in names.items()))
        finished = replace(operator, where=empty).run("restore", str(made), str(old))
    assert finished.returncode == 0, finished.stderr
    assert "1 accounts deleted again" in finished.stdout
    again = Rows(Database(lambda: connect(empty)))
    assert [row["id"] for row in again.list("SELECT id FROM usuarios")] == [bia]
    assert again.value("SELECT COUNT(*) FROM mensagens") == 2
    assert again.value("SELECT id FROM contas_apagadas") == ana


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


def test_part_of_another_backup_does_not_open() -> None:
    sealed = Sealer(KEY).seal("one/usuarios.00000", b"rows")
    assert Sealer(KEY).open("one/usuarios.00000", sealed) == b"rows"
    for name in ("other/usuarios.00000", "one/usuarios.00001"):
        with pytest.raises(Exception, match="belongs to another backup"):
            Sealer(KEY).open(name, sealed)


def test_schema_of_a_newer_release_is_refused(operator: Operator, rows: Rows, empty: DatabaseSettings) -> None:
    rows.run("INSERT INTO _yoyo_migration VALUES ('x', '9999.later', NOW(6))")
    try:
        made = operator.back_up()
    finally:
        rows.run("DELETE FROM _yoyo_migration WHERE migration_id = '9999.later'")
    sentence = refusal(operator, made, empty)
    assert "ends with 9999.later, which this release does not know" in sentence
    assert "check out the release that made the backup" in sentence


def test_backup_of_the_original_database_is_restored_and_brought_up_to_this_release(
    database_server: DatabaseServer, operator: Operator, empty: DatabaseSettings
) -> None:
    old = create_database(database_server.address, "falaai_db_original")
    with connect(old) as connection, connection.cursor() as cursor:
        for statement in (ROOT / "sql/0001.seed.sql").read_text().split(";")[:-1]:
            cursor.execute(statement)
        cursor.execute(
            "INSERT INTO usuarios VALUES (5, 'Ana', 'Ana@Exemplo.com.br', 'x', 1, '2025-01-01', 1, NULL, NULL, '')"
        )
        cursor.execute("INSERT INTO conversas VALUES (7, 5, 'Receitas', '2025-01-01', '2025-01-02')")
        cursor.execute("INSERT INTO mensagens VALUES (1, 7, 'usuario', 'Oi', '2025-01-01')")
    restored(operator, replace(operator, where=old).back_up(), empty)
    again = Rows(Database(lambda: connect(empty)))
    assert again.value("SELECT email FROM usuarios WHERE id = 5") == "ana@exemplo.com.br"
    assert again.value("SELECT seq FROM mensagens") == 1
    assert schema(empty) == schema(operator.where)


def test_database_without_tables_needs_no_backup(operator: Operator, empty: DatabaseSettings) -> None:
    finished = replace(operator, where=empty, more={"BACKUP_KEY": "", "BACKUP_TO": ""}).run("backup")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "there is nothing to back up" in finished.stdout
    assert not operator.place.exists()


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


@pytest.fixture
def bucket() -> Iterator[tuple[Any, str]]:
    """S3's client and an empty bucket on a server of moto's."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    s3.create_bucket(Bucket="bucket-of-the-backups")
    yield s3, "bucket-of-the-backups"
    server.stop()


def test_pictures_in_use_return_with_their_accounts(
    operator: Operator, rows: Rows, empty: DatabaseSettings, bucket: tuple[Any, str]
) -> None:
    """In a bucket; an unused picture does not return."""
    s3, name = bucket
    ana, bia = rows.user(), rows.user("bia@exemplo.com.br")
    rows.run("UPDATE usuarios SET profile_pic_url = 'pictures/a.webp' WHERE id = %s", ana)
    attached = AttachedFiles(rows, s3, name)
    photo = attached.key(attached.file(ana, PICTURE, especie="imagem", tipo="image/jpeg"))
    of_bia = attached.key(attached.file(bia, PICTURE))
    attached.put("attachments/7/orphan", PICTURE)
    attached.put("uploads/7/unchecked", PICTURE)
    for key in ("pictures/a.webp", "pictures/unused.webp", "exports/private.zip"):
        s3.put_object(Bucket=name, Key=key, Body=PICTURE, ContentType="image/webp")
    operator.more = {
        "BACKUP_TO": f"s3://{name}/backups",
        "BACKUP_PICTURES": name,
        "AWS_ENDPOINT_URL": s3.meta.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    finished = operator.run("backup")
    assert finished.returncode == 0, finished.stderr
    assert "2 pictures, 5 objects of attachments" in finished.stdout
    checked = operator.run("backup_check")
    assert "2 pictures, 5 objects of attachments are whole" in checked.stdout, checked.stderr
    (prefix,) = s3.list_objects_v2(Bucket=name, Prefix="backups/", Delimiter="/")["CommonPrefixes"]
    for key in ("pictures/a.webp", "pictures/unused.webp", *keys_of(photo), of_bia):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_object(Bucket=name, Key="attachments/7/orphan")
    # Known to the backup, so that it is deleted again.
    personal_data.delete_rows(rows.database, bia)
    assert operator.run("backup", f"s3://{name}/backups").returncode == 0
    target = replace(operator, where=empty)
    finished = target.run("restore", f"s3://{name}/{prefix['Prefix']}")
    assert finished.returncode == 0, finished.stderr
    assert "1 of 2 pictures are in use, and stored" in finished.stdout
    assert "3 of 5 objects of attachments are in use, and stored" in finished.stdout
    restored_files = s3.list_objects_v2(Bucket=name, Prefix="attachments/")["Contents"]
    assert [one["Key"] for one in restored_files] == sorted(keys_of(photo))
    found = s3.get_object(Bucket=name, Key="pictures/a.webp")
    assert (found["Body"].read(), found["ContentType"]) == (PICTURE, "image/webp")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=name, Prefix="pictures/")["Contents"]] == [
        "pictures/a.webp"
    ]


def test_parts_are_small_and_their_order_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PART_BYTES", 100)
    place, lines = (
        Folder(tmp_path / "made"),
        [archive.encode([str(number), b"\x00\xff", None]) for number in range(50)],
    )
    writer = BackupWriter(place, Sealer(KEY))
    content = writer.write("t", iter(lines))
    assert len(content.parts) > 10
    writer.finish(archive.Manifest(writer.id, "falaai-dev", archive.datetime(2026, 1, 1), [], [], {"t": content}))
    saved = BackupReader(place, Sealer(KEY))
    assert list(saved.lines("t")) == lines
    assert archive.decode(lines[7]) == ["7", b"\x00\xff", None]
    assert json.loads(lines[7])[1] == {"b64": "AP8="}


def test_statement_of_a_snapshot_gets_its_time_again_for_each_row(where: DatabaseSettings) -> None:
    connection = open_exact(where)
    try:
        fetch(connection, "SELECT 1")
        connection._deadline = 0
        connection.extend_deadline()
        assert connection._deadline > time.monotonic() + 200
    finally:
        connection.close()
