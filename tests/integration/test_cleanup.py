"""The sweep takes what is old or expired and nothing else."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pymysql
import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database, Transaction
from falaai.export_files import key_of
from falaai.repositories import conversations, exports, sessions
from falaai_cleanup import orphaned_objects, worker
from falaai_cleanup import tasks as sweeping
from falaai_cleanup.tasks import clean_up, preview
from tests.support.mortal_connections import Killed, MortalConnection
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import HANG_SECONDS, wait_until


def cleaned(database: Database, days: int = 90) -> dict[str, int]:
    return {kind: count for kind, count in clean_up(database, days, lambda: True).rows.items() if count}


def test_unused_conversations_go_with_their_messages(database: Database, rows: Rows) -> None:
    ana = rows.user()
    rows.conversation(ana, "velha", "resposta", days_old=91)
    kept = rows.conversation(ana, "nova", "resposta", days_old=89)
    pinned = rows.conversation(ana, "fixada", days_old=400, pinned=True)
    assert cleaned(database) == {"conversations": 1, "messages": 2}
    assert [row["id"] for row in rows.list("SELECT id FROM conversas ORDER BY id")] == [kept, pinned]
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 3


def test_zero_days_keeps_everything(database: Database, rows: Rows) -> None:
    rows.conversation(rows.user(), "velha", days_old=4000)
    assert cleaned(database, days=0) == {}


def test_long_conversation_goes_in_batches(database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    rows.conversation(rows.user(), *["texto"] * 10, days_old=91)
    assert cleaned(database) == {"conversations": 1, "messages": 10}


def test_out_of_time_the_rest_stays_for_the_next_run(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "CONVERSATIONS", 2)
    ana = rows.user()
    for _ in range(5):
        rows.conversation(ana, "velha", days_old=91)
    ticks = iter([True] * 2 + [False] * 100)
    first = clean_up(database, 90, lambda: next(ticks))
    assert not first.is_done
    assert 0 < first.rows["conversations"] < 5
    assert cleaned(database)["conversations"] == 5 - first.rows["conversations"]


def test_expired_rows_of_every_kind_go(database: Database, rows: Rows) -> None:
    ana = rows.user()
    for key, expires in [("expired", -1), ("living", 7)]:
        rows.run(
            "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em) VALUES (%s, %s, NOW(6), NOW(6),"
            " UTC_TIMESTAMP(6) + INTERVAL %s DAY)",
            key,
            ana,
            expires,
        )
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', NULL, NOW(6), UTC_TIMESTAMP(6), NULL)", ana)
    rows.run("INSERT INTO limites VALUES ('l', NOW(6), UTC_TIMESTAMP(6), 3)")
    for account, days_ago in [(801, 401), (802, 399)]:
        rows.run("INSERT INTO contas_apagadas VALUES (%s, UTC_TIMESTAMP(6) - INTERVAL %s DAY)", account, days_ago)
    assert cleaned(database) == {"sessions": 1, "tokens": 1, "counters": 1, "deleted_accounts": 1}
    assert rows.value("SELECT id FROM contas_apagadas") == 802
    assert rows.value("SELECT chave FROM sessoes") == "living"


def test_session_ends_a_week_after_it_was_seen_and_a_month_after_it_began(database: Database, rows: Rows) -> None:
    """One column says when, and the cleanup looks at nothing else."""
    ana = rows.user()
    sessions.add_session(database, ana, "nova", "", "")
    left = "SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(6), expira_em) FROM sessoes"
    assert rows.value(left) == 7 * 24 - 1
    session = rows.value("SELECT id FROM sessoes")
    for days_old, hours_left in [(10, 7 * 24 - 1), (25, 5 * 24 - 1)]:
        rows.run("UPDATE sessoes SET criada_em = UTC_TIMESTAMP(6) - INTERVAL %s DAY", days_old)
        sessions.update_seen(database, session)
        assert rows.value(left) == hours_left
    assert cleaned(database) == {}


def test_task_that_fails_does_not_stop_the_others(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the sessions' table is gone; retention, before it, and tokens, after it, are done all the same."""
    ana = rows.user()
    rows.conversation(ana, "velha", "resposta", days_old=91)
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', NULL, NOW(6), UTC_TIMESTAMP(6), NULL)", ana)
    rows.run("RENAME TABLE sessoes TO sessoes_fora")
    monkeypatch.setattr(worker, "database", lambda: database)
    monkeypatch.setattr(worker, "delete_orphans", lambda *_: 0)
    monkeypatch.setenv("RETENTION_DAYS", "90")
    monkeypatch.setenv("PICTURES_BUCKET", "picturesbucket")
    settings.read.cache_clear()
    try:
        with pytest.raises(ExceptionGroup) as caught:
            worker._clean_up(0)
    finally:
        rows.run("RENAME TABLE sessoes_fora TO sessoes")
        settings.read.cache_clear()
    assert [type(error) for error in caught.value.exceptions] == [pymysql.ProgrammingError]
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0
    assert rows.value("SELECT COUNT(*) FROM tokens") == 0


def test_never_verified_accounts_go_after_a_month(database: Database, rows: Rows) -> None:
    rows.user("nova@exemplo.com.br", verified=False)
    old = rows.user("velha@exemplo.com.br", verified=False)
    old_but_verified = rows.user("boa@exemplo.com.br")
    rows.run(
        "UPDATE usuarios SET data_registro = UTC_TIMESTAMP(6) - INTERVAL 31 DAY WHERE id IN (%s, %s)",
        old,
        old_but_verified,
    )
    assert cleaned(database) == {"unverified_accounts": 1}
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE id = %s", old) == 0


def test_abandoned_replies_are_written_down_as_interrupted(database: Database, rows: Rows) -> None:
    rows.conversation(rows.user(), "pergunta", "metade")
    rows.run(
        "UPDATE mensagens SET estado = 'gerando', escrita_em = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND WHERE seq = 2"
    )
    assert cleaned(database) == {"abandoned_replies": 1}
    assert rows.value("SELECT estado FROM mensagens WHERE seq = 2") == "interrompida"


def test_person_who_came_back_keeps_the_conversation(database: Database, rows: Rows) -> None:
    """The sweep waits for who is writing, and then finds the conversation used."""
    ana = rows.user()
    old = rows.conversation(ana, "velha", days_old=91)

    person = database._connect()
    person.begin()
    sql = Transaction(person)
    conversations.lock_conversation(sql, ana, old)
    with ThreadPoolExecutor(1) as pool:
        meanwhile = pool.submit(cleaned, database)
        waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT c.id %%FOR UPDATE'"
        wait_until(lambda: rows.value(waiting), "the sweep waits for the lock")
        conversations.reserve_seq(sql, ana, old, by=1)
        person.commit()
        assert meanwhile.result(HANG_SECONDS) == {}
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 1


def test_two_sweeps_at_once_take_everything_once(database: Database, rows: Rows) -> None:
    ana = rows.user()
    for _ in range(250):
        rows.conversation(ana, "velha", "resposta", days_old=91)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: cleaned(Database(database._connect)), range(2)))
    assert sum(one.get("conversations", 0) for one in both) == 250
    assert sum(one.get("messages", 0) for one in both) == 500
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0


def test_preview_tells_what_would_go_and_takes_nothing(database: Database, rows: Rows) -> None:
    ana = rows.user()
    rows.conversation(ana, "velha", "resposta", days_old=91)
    rows.conversation(ana, "nova")
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', NULL, NOW(6), UTC_TIMESTAMP(6), NULL)", ana)
    told = {kind: count for kind, count in preview(database, 90).items() if count}
    assert told == {"conversations": 1, "messages": 2, "tokens": 1}
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 3
    assert cleaned(database) == told


@pytest.fixture
def bucket(cloud: RunningCloud) -> Iterator[str]:
    """A bucket for one test: the product's own holds pictures of other tests."""
    s3, name = aws_client(cloud, "s3"), "bucket-of-one-test"
    s3.create_bucket(Bucket=name)
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def test_only_old_unused_pictures_are_deleted(
    cloud: RunningCloud, database: Database, rows: Rows, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, orphan = "pictures/shown.webp", "pictures/orphan.webp"
    s3 = aws_client(cloud, "s3")
    for key in (shown, orphan, "elsewhere/orphan.webp"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    rows.run("UPDATE usuarios SET profile_pic_url = %s WHERE id = %s", shown, rows.user())
    monkeypatch.setattr(orphaned_objects, "s3_client", lambda: s3)
    pictures = orphaned_objects.PICTURES
    # It may be on its way to its account's row.
    assert orphaned_objects.count_orphans(database, bucket, pictures) == 0
    pictures = replace(pictures, young=timedelta(seconds=-10))
    assert orphaned_objects.delete_orphans(database, bucket, pictures, lambda: True) == 1
    left = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert {shown, "elsewhere/orphan.webp"} <= set(left)
    assert orphan not in left


def test_archives_without_a_row_are_deleted_at_any_age(
    cloud: RunningCloud, database: Database, rows: Rows, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, user = aws_client(cloud, "s3"), rows.user()
    kept, expired = exports.add_export(database, user), exports.add_export(database, user)
    rows.run("UPDATE exportacoes SET expira_em = UTC_TIMESTAMP(6) WHERE id = %s", expired)
    assert cleaned(database) == {"exports": 1}
    for export_id in (kept, expired):
        s3.put_object(Bucket=bucket, Key=key_of(export_id), Body=b"x")
    monkeypatch.setattr(orphaned_objects, "s3_client", lambda: s3)
    archives = replace(orphaned_objects.ARCHIVES, young=timedelta(seconds=-10))  # S3's clock may be ahead
    assert orphaned_objects.delete_orphans(database, bucket, archives, lambda: True) == 1
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key_of(kept)]


def test_killed_at_any_statement_it_leaves_nothing_by_halves(
    database: Database, rows: Rows, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    monkeypatch.setattr(sweeping, "CONVERSATIONS", 2)
    monkeypatch.setattr(sweeping, "PAUSE_FACTOR", 0)
    ana = rows.user()  # the test's own connection is open before all new ones are mortal
    monkeypatch.setattr("falaai.connections.Connection", MortalConnection)
    kills = 0
    for moment in range(1, 60):
        rows.conversation(ana, "velha", "resposta", "outra", "resposta", days_old=91)
        MortalConnection.statements_left = moment
        with contextlib.suppress(Killed):
            clean_up(Database(lambda: connect(where)), 90, lambda: True)
            continue
        kills += 1
        orphans = "SELECT COUNT(*) FROM mensagens m LEFT JOIN conversas c ON c.id = m.id_conversa WHERE c.id IS NULL"
        assert rows.value(orphans) == 0
    assert kills > 30
    MortalConnection.statements_left = -1
    cleaned(database)
    assert rows.value("SELECT COUNT(*) FROM conversas") + rows.value("SELECT COUNT(*) FROM mensagens") == 0
