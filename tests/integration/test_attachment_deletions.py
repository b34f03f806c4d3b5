"""Deletions of attachments: rows and objects are really gone, and no file goes that is still used."""

import contextlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from falaai import settings
from falaai.account_erasure import close_account, erase_batch
from falaai.attachment_files import ATTACHMENTS, UPLOADS, keys_of
from falaai.connections import connect
from falaai.database import Database, Statements
from falaai.queue_messages import CleanupRequested
from falaai.repositories import file_deletions
from falaai.repositories.deletions import ERASED_AFTER_SECONDS
from falaai_chat.conversation_changes import delete, restore
from falaai_cleanup import attached_files, tasks, worker
from falaai_cleanup.attached_files import delete_unused_files
from falaai_cleanup.orphaned_objects import FILES, UPLOADED, count_orphans, delete_orphans
from falaai_cleanup.tasks import clean_up
from tests.support.attached_files import AttachedFiles, bucket_of_test
from tests.support.fakes import FakeQueues
from tests.support.mortal_connections import Killed, MortalConnection
from tests.support.races import Race
from tests.support.replies import new_session
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

BUCKET = "bucket-of-attachments"
# S3's clock may be ahead of the database's.
YOUNG = timedelta(seconds=-10)


@pytest.fixture
def attached(cloud: RunningCloud, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Iterator[AttachedFiles]:
    with bucket_of_test(cloud, monkeypatch, BUCKET) as s3:
        yield AttachedFiles(rows, s3, BUCKET)


@pytest.fixture
def cleanup(attached: AttachedFiles, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator["Cleanup"]:
    monkeypatch.setenv("PICTURES_BUCKET", BUCKET)
    monkeypatch.setenv("RETENTION_DAYS", "90")
    settings.read.cache_clear()
    monkeypatch.setattr(worker, "database", lambda: database)
    cleanup = Cleanup(FakeQueues())
    monkeypatch.setattr(worker, "queues", lambda: cleanup.queues)
    yield cleanup
    settings.read.cache_clear()


class Cleanup:
    """The cleanup function, as its schedule and its messages run it."""

    def __init__(self, queues: FakeQueues) -> None:
        self.queues = queues

    def daily(self) -> dict[str, int]:
        return {kind: count for kind, count in worker._clean_up(0).items() if count}

    def message(self, only: Any, user_id: int | None = None) -> None:
        worker._continue(CleanupRequested(only=only, user_id=user_id), 0)


def age(rows: Rows, conversation_id: int) -> None:
    """Let the deletion of a conversation be so old that it can no longer be undone."""
    rows.run(
        "UPDATE conversas SET apagada_em = apagada_em - INTERVAL %s SECOND WHERE id = %s",
        ERASED_AFTER_SECONDS,
        conversation_id,
    )


def test_deleted_conversation_takes_its_files_along_and_no_other(
    database: Database, rows: Rows, attached: AttachedFiles, cleanup: Cleanup
) -> None:
    session = new_session(rows, rows.user())
    gone, kept = (rows.conversation(session.user_id, "Oi", "Olá.") for _ in range(2))
    photo = attached.file(session.user_id, b"uma foto", especie="imagem", tipo="image/jpeg")
    own, shared = attached.file(session.user_id), attached.file(session.user_id, b"o mesmo nos dois lugares")
    for file_id in (photo, own, shared):
        attached.attach_to(gone, file_id)
    use = attached.attach_to(kept, shared)
    assert len(attached.objects()) == 5
    database.transaction(lambda sql: delete(sql, session, FakeQueues(), gone))
    cleanup.message("deleted_conversations")  # too early
    assert (attached.ids(), len(attached.objects())) == ([photo, own, shared], 5)
    age(rows, gone)
    cleanup.message("deleted_conversations")
    assert (attached.ids(), attached.uses()) == ([shared], [use])
    assert attached.objects() == [attached.key(shared)]
    assert rows.value("SELECT conferir_em FROM arquivos") is None
    cleanup.message("deleted_conversations")  # the same message again
    assert attached.objects() == [attached.key(shared)]


def test_restored_conversation_keeps_its_files(
    database: Database, rows: Rows, attached: AttachedFiles, cleanup: Cleanup
) -> None:
    session = new_session(rows, rows.user())
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    attached.attach_to(place, attached.file(session.user_id))
    database.transaction(lambda sql: delete(sql, session, FakeQueues(), place))
    database.transaction(lambda sql: restore(sql, session, place))
    cleanup.message("deleted_conversations")
    cleanup.daily()
    assert len(attached.objects()) == len(attached.uses()) == 1


def test_hidden_version_keeps_the_file_until_its_conversation_goes(
    rows: Rows, attached: AttachedFiles, cleanup: Cleanup
) -> None:
    """Versions are deleted with their conversation only, and each has a use of its own."""
    user = rows.user()
    place = rows.conversation(user, "Versão nova", "Olá.", days_old=91)
    hidden = rows.insert(
        "INSERT INTO mensagens (id_conversa, seq, posicao, ramo, pai, remetente, conteudo, data_envio)"
        " VALUES (%s, -6, 1, 5, 0, 'usuario', 'Versão velha', UTC_TIMESTAMP(6))",
        place,
    )
    file_id = attached.file(user)
    shown = attached.attach_to(place, file_id)
    attached.attach(file_id, hidden)
    rows.run("UPDATE anexos SET estado = 'apagado' WHERE id = %s", shown)
    file_deletions.set_unchecked(rows.database, [file_id])
    cleanup.message("unused_files")
    assert len(attached.objects()) == 1
    assert cleanup.daily() == {"conversations": 1, "messages": 3, "attachments": 2, "unused_files": 1}
    assert (attached.objects(), attached.ids()) == ([], [])


def test_attachment_deleted_alone_takes_its_file_along(rows: Rows, attached: AttachedFiles, cleanup: Cleanup) -> None:
    user = rows.user()
    place = rows.conversation(user, "Oi", "Olá.")
    file_id = attached.file(user, especie="imagem", tipo="image/png")
    use = attached.attach_to(place, file_id)
    rows.run("UPDATE anexos SET estado = 'apagado' WHERE id = %s", use)
    file_deletions.set_unchecked(rows.database, [file_id])
    cleanup.message("unused_files")
    assert (attached.ids(), attached.objects(), attached.uses()) == ([], [], [use])


def test_unsent_uploads_go_after_a_day(rows: Rows, attached: AttachedFiles, cleanup: Cleanup) -> None:
    user = rows.user()
    kept = [attached.unsent(user, hours_left=1), attached.unsent(user, attached.file(user), hours_left=1)]
    attached.unsent(user, hours_left=0)
    attached.unsent(user, attached.file(user, b"nunca enviado"), hours_left=0)
    rows.run("UPDATE anexos SET expira_em = NULL WHERE id = %s", kept[1])  # sent in this moment
    assert worker._preview()["unsent_attachments"] == 2
    assert cleanup.daily() == {"unsent_attachments": 2, "unused_files": 1}
    assert attached.uses() == kept
    # Unchecked objects are deleted by their age; so is what a row without an object leaves.
    assert [key for key in attached.objects() if key.startswith(ATTACHMENTS)] == [attached.key(attached.ids()[0])]


def test_orphaned_objects_of_uploads_and_files_are_deleted_with_previews(
    database: Database, rows: Rows, attached: AttachedFiles
) -> None:
    user = rows.user()
    kept = attached.file(user, especie="imagem", tipo="image/jpeg")
    for key in (*keys_of(f"{ATTACHMENTS}{user}/killed"), f"{UPLOADS}{user}/left"):
        attached.put(key, b"x")
    assert [count_orphans(database, BUCKET, kind) for kind in (FILES, UPLOADED)] == [0, 0]  # too young
    files, uploads = (replace(kind, young=YOUNG) for kind in (FILES, UPLOADED))
    assert [count_orphans(database, BUCKET, kind) for kind in (files, uploads)] == [3, 1]
    assert [delete_orphans(database, BUCKET, kind, lambda: True) for kind in (files, uploads)] == [3, 1]
    assert attached.objects() == sorted(keys_of(attached.key(kept)))


def test_preview_counts_what_the_cleanup_deletes(rows: Rows, attached: AttachedFiles, cleanup: Cleanup) -> None:
    user = rows.user()
    used, unused = attached.file(user), attached.file(user, b"sem uso")
    attached.attach_to(rows.conversation(user, "Oi"), used)
    file_deletions.set_unchecked(rows.database, [used, unused])
    attached.unsent(user, hours_left=0)
    told = {kind: count for kind, count in worker._preview().items() if count}
    assert told == {"unsent_attachments": 1, "unused_files": 1}
    assert cleanup.daily() == told


def test_deleted_account_leaves_no_row_and_no_object(
    database: Database, rows: Rows, attached: AttachedFiles, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falaai.account_erasure.BATCH", 2)
    monkeypatch.setattr("falaai.account_erasure.FILES", 2)
    users = [rows.user(), rows.user("bia@exemplo.com.br")]
    for user in users:
        for number in range(3):
            place = rows.conversation(user, "Oi", "Olá.")
            for content in (b"a", b"b", b"c"):
                attached.attach_to(place, attached.file(user, content + b"%d" % number, especie="imagem"))
        attached.unsent(user)
        attached.unsent(user, attached.file(user, b"nunca enviado"))
    ana, bia = users
    of_bia = [key for key in attached.objects() if f"/{bia}/" in key]
    database.transaction(lambda sql: close_account(sql, ana))
    database.transaction(lambda sql: erase_batch(sql, ana))  # and then the process was killed
    cleanup.message("closed_account", ana)
    assert rows.value("SELECT COUNT(*) FROM arquivos WHERE id_usuario = %s", ana) == 0
    assert rows.value("SELECT COUNT(*) FROM anexos WHERE id_usuario = %s", ana) == 0
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE id = %s", ana) == 0
    assert attached.objects() == of_bia
    assert rows.value("SELECT COUNT(*) FROM arquivos WHERE id_usuario = %s", bia) == 10
    cleanup.message("closed_account", bia)  # an account that is not closed
    assert attached.objects() == of_bia


def test_objects_that_wait_are_continued_by_another_message(
    rows: Rows, attached: AttachedFiles, cleanup: Cleanup, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached.put(f"{ATTACHMENTS}999/x", b"of an account that is gone")
    monkeypatch.setattr(worker, "_has_time", lambda: False)
    cleanup.message("closed_account", 999)
    (again,) = cleanup.queues.sent
    assert again == CleanupRequested(round=2, only="closed_account", user_id=999)
    assert len(attached.objects()) == 1
    monkeypatch.setattr(worker, "_has_time", lambda: True)
    worker._continue(CleanupRequested.model_validate_json(again.model_dump_json()), 0)
    assert attached.objects() == []


def add_files(attached: AttachedFiles, user: int) -> list[int]:
    """Add an old conversation with a file of its own, and with one that another conversation uses too."""
    unique = secrets.token_bytes(8)
    old, kept = attached.rows.conversation(user, "velha", days_old=91), attached.rows.conversation(user, "nova")
    files = [attached.file(user, unique + name, especie="imagem") for name in (b"own", b"shared")]
    for file_id in files:
        attached.attach_to(old, file_id)
    attached.attach_to(kept, files[1])
    return files


def clean_all(database: Database) -> None:
    clean_up(database, 90, lambda: True)
    delete_unused_files(database, BUCKET, lambda: True)


def test_killed_at_any_statement_the_next_cleanup_deletes_the_rest(
    database: Database,
    rows: Rows,
    attached: AttachedFiles,
    where: settings.DatabaseSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "PAUSE_FACTOR", 0)
    monkeypatch.setattr(attached_files, "PAUSE_FACTOR", 0)
    monkeypatch.setattr(attached_files, "BATCH", 2)
    user, kept, kills = rows.user(), list[int](), 0
    monkeypatch.setattr("falaai.connections.Connection", MortalConnection)
    for moment in range(1, 200):
        kept.append(add_files(attached, user)[1])
        MortalConnection.statements_left = moment
        with contextlib.suppress(Killed):
            clean_all(Database(lambda: connect(where)))
            break
        kills += 1
        # Whatever is used has its row and its object.
        assert set(kept) <= set(attached.ids())
        assert {one for file_id in kept for one in keys_of(attached.key(file_id))} <= set(attached.objects())
    assert kills > 30
    MortalConnection.statements_left = -1
    clean_all(database)
    assert attached.ids() == kept
    delete_orphans(database, BUCKET, replace(FILES, young=YOUNG), lambda: True)
    assert attached.objects() == sorted(one for file_id in kept for one in keys_of(attached.key(file_id)))


def test_killed_before_the_objects_are_deleted_they_are_found_as_orphans(
    database: Database, rows: Rows, attached: AttachedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, kept = add_files(attached, rows.user())

    def die(_bucket: str, _keys: list[str]) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(attached_files, "_delete_objects", die)
        with contextlib.suppress(Killed):
            clean_all(database)
    assert (attached.ids(), len(attached.objects())) == ([kept], 6)
    assert delete_orphans(database, BUCKET, replace(FILES, young=YOUNG), lambda: True) == 3
    assert attached.objects() == sorted(keys_of(attached.key(kept)))


def upload_again(attached: AttachedFiles, user: int, content: bytes, database: Database) -> int:
    """Take the same bytes again, as the check of an upload does: use the file that is there, or store a new one."""

    def work(sql: Statements) -> int:
        found = sql.find(
            "SELECT id FROM arquivos WHERE id_usuario = %s AND origem_sha256 = SHA2(%s, 256) FOR UPDATE",
            (user, content),
        )
        file_id = found["id"] if found else replace(attached, rows=Rows(sql)).file(user, content)
        return sql.insert(
            "INSERT INTO anexos (id_usuario, id_arquivo, nome, tamanho, estado, criado_em, expira_em)"
            " VALUES (%s, %s, 'de novo.pdf', 1, 'pronto', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)",
            (user, file_id),
        )

    return database.transaction(work)


CONTENT = b"os mesmos bytes"


@pytest.mark.parametrize("is_first", [True, False], ids=["deletion is stopped", "upload is stopped"])
def test_same_bytes_uploaded_while_their_file_is_deleted_are_never_lost(
    where: settings.DatabaseSettings, rows: Rows, attached: AttachedFiles, database: Database, is_first: bool
) -> None:
    """Stopped before any statement: the new use has its row and its object, and nothing else is left."""
    race, stop, stopped = Race(where, rows), 0, True
    while stopped:
        stop += 1
        user = rows.user(f"{stop}@exemplo.com.br")
        place = rows.conversation(user, "velha", days_old=91)
        attached.attach_to(place, attached.file(user, CONTENT, especie="imagem"))

        def again(other: Database, user: int = user) -> int:
            return upload_again(attached, user, CONTENT, other)

        first, second = (clean_all, again) if is_first else (again, clean_all)
        stopped, ended = race.run(stop, first, second)
        assert ended.exception() is None, stop
        clean_all(database)
        (file_id,) = [row["id"] for row in rows.list("SELECT id FROM arquivos WHERE id_usuario = %s", user)]
        assert rows.value("SELECT id_arquivo FROM anexos WHERE id_usuario = %s", user) == file_id
        found = [key for key in attached.objects() if f"/{user}/" in key]
        assert found[0] == attached.key(file_id), f"stopped before statement {stop}"
    assert stop > (20 if is_first else 3)


def test_two_cleanups_at_once_delete_each_file_once(
    rows: Rows, attached: AttachedFiles, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attached_files, "BATCH", 3)
    user = rows.user()
    for number in range(12):
        attached.attach_to(rows.conversation(user, "velha", days_old=91), attached.file(user, b"%d" % number))
    clean_up(database, 90, lambda: True)

    def clean(_: int) -> tuple[int, bool]:
        return delete_unused_files(Database(database._connect), BUCKET, lambda: True)

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(clean, range(2)))
    assert sum(count for count, _ in both) == 12
    assert (attached.ids(), attached.objects()) == ([], [])
