"""Backups: whole, encrypted and consistent, and restored to equal rows."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from falaai.connections import Connection, connect
from falaai.database import Database
from falaai.repositories import personal_data
from falaai.settings import DatabaseSettings
from operations import backup
from operations.backups import restoring
from operations.backups.archive import BackupReader, Table
from operations.backups.encryption import Sealer
from operations.backups.errors import BackupError
from operations.backups.snapshot import fetch, open_exact, read_rows
from operations.backups.storage import Folder
from tests.support.attached_files import AttachedFiles
from tests.support.backup_operator import KEY, Operator, contents, restored
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, environment, migrate, schema
from tests.support.fakes import GROUNDING
from tests.support.paths import ROOT
from tests.support.rows import Rows
from tests.support.waiting import wait_until

HOSTILE = [
    "'; DROP TABLE usuarios; -- \\' \" \\\\ \\n %s %(x)s {0}",
    "linha 1\nlinha 2\r\n\ttab \x00 nul \x1a \u2028 \u0085 fim  ",
    "👩‍👩‍👧‍👦🇧🇷 e\u0301 é ﷽ \u202e direita \ufeff",
    "",
    '{"b64": "AAAA"}',
    "x" * 32_000,
]


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
            " buscas, consultas, arquivos)"
            " VALUES (%s, '2026-02-28', 3, 9223372036854775807, 2, 4611686018427387904, 5, 2147483647, 7)",
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
    rows.run("INSERT INTO uso_total VALUES ('2026-02-28', 1, 2, 3, 4, 5, 6, 7, 8, 9, 9223372036854775807)")
    rows.run("INSERT INTO convites_usos VALUES (1, 'u', NOW(6))")
    rows.run("INSERT INTO contas_apagadas VALUES (2000000500, '2026-01-01 00:00:00.000001')")


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


def test_statement_of_a_snapshot_gets_its_time_again_for_each_row(where: DatabaseSettings) -> None:
    connection = open_exact(where)
    try:
        fetch(connection, "SELECT 1")
        connection._deadline = 0
        connection.extend_deadline()
        assert connection._deadline > time.monotonic() + 200
    finally:
        connection.close()
