"""The export worker on a real database and S3's protocol: complete, repeatable, and without remains."""

import io
import json
import secrets
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody

from falaai.account_erasure import close_account
from falaai.database import Database, Statements
from falaai.errors import RetryLater
from falaai.export_files import key_of
from falaai.personal_archive import PAGE_ROWS, json_pieces
from falaai.queue_messages import EmailRequested, ExportRequested
from falaai.repositories import exports
from falaai.repositories.exports import ATTEMPT_SECONDS, LOST_HOURS, MOST_ATTEMPTS, State
from falaai.s3 import s3_client
from falaai_auth.export_requests import request_export
from falaai_export import archive_store
from falaai_export.archive_store import PIECE_BYTES, ArchiveStore, Upload
from falaai_export.worker import export_data
from tests.support.attached_files import AttachedFiles, bucket_of_test
from tests.support.fakes import GROUNDING, FakeQueues
from tests.support.histories import add_conversations, add_history
from tests.support.replies import new_session
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client

BUCKET = "bucket-of-exports"


class Bucket:
    """The bucket of these tests, seen from outside of the product."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.s3 = aws_client(cloud, "s3")

    def names(self) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def uploads(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    def archive(self, export_id: int) -> zipfile.ZipFile:
        body = self.s3.get_object(Bucket=BUCKET, Key=key_of(export_id))["Body"].read()
        return zipfile.ZipFile(io.BytesIO(body))

    def leave_parts(self, export_id: int) -> None:
        """Leave what a killed try leaves."""
        begun = self.s3.create_multipart_upload(Bucket=BUCKET, Key=key_of(export_id))
        self.s3.upload_part(
            Bucket=BUCKET, Key=key_of(export_id), UploadId=begun["UploadId"], PartNumber=1, Body=b"old"
        )


@pytest.fixture
def bucket(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket_of_test(cloud, monkeypatch, BUCKET):
        yield Bucket(cloud)


class Job:
    """A user's request for an archive. `run` handles its message as a delivery of SQS does."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self.database, self.rows, self.queues = database, rows, FakeQueues()
        self.user = rows.user()
        self.id = exports.add_export(database, self.user)
        self.message = ExportRequested(export_id=self.id, user_id=self.user)

    def run(self, store: ArchiveStore | None = None, age_seconds: float = 1) -> None:
        export_data(self.database, self.queues, store or ArchiveStore(BUCKET), self.message, age_seconds)

    def close_account(self) -> None:
        def close(sql: Statements) -> None:
            close_account(sql, self.user)

        self.database.transaction(close)

    @property
    def state(self) -> State | None:
        newest = exports.find_newest_export(self.database, self.user)
        return newest.state if newest else None


@pytest.fixture
def job(database: Database, rows: Rows) -> Job:
    return Job(database, rows)


def test_archive_holds_every_row_each_conversation_and_the_picture(
    job: Job, rows: Rows, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_store, "PART_BYTES", 5 * 1024 * 1024)
    long = add_history(rows, job.user, 2 * PAGE_ROWS + 50)
    add_conversations(rows, job.user, PAGE_ROWS + 20)
    small = rows.conversation(job.user, "Pergunta", "Resposta\n\ncom “aspas”")
    rows.run("UPDATE conversas SET titulo_conversa = 'Pão/de\\\\queijo: já?' WHERE id = %s", small)
    empty = rows.conversation(job.user)
    other = rows.conversation(rows.user("bia@exemplo.com.br"), "Segredo de Bia")
    rows.run("UPDATE usuarios SET profile_pic_url = 'pictures/x.webp' WHERE id = %s", job.user)
    bucket.s3.put_object(Bucket=BUCKET, Key="pictures/x.webp", Body=b"a picture")
    before = json.loads("".join(json_pieces(job.database, job.user)))
    job.run()

    assert job.state is State.READY
    assert job.queues.sent == [EmailRequested(kind="exportacao", user_id=job.user)]
    archive = bucket.archive(job.id)
    assert archive.testzip() is None
    told = json.loads(archive.read("falaai.json"))
    for table in before.keys() - {"exportacoes"}:
        assert told[table] == before[table], table
    stored = rows.list(
        "SELECT m.id, m.conteudo FROM mensagens m JOIN conversas c ON c.id = m.id_conversa WHERE c.id_usuario = %s"
        " ORDER BY m.id_conversa, m.seq",
        job.user,
    )
    assert [(row["id"], row["conteudo"]) for row in told["mensagens"]] == [
        (row["id"], row["conteudo"]) for row in stored
    ]
    assert archive.read("foto.webp") == b"a picture"
    files = {name.split("/")[1].split()[0]: name for name in archive.namelist() if name.startswith("conversas/")}
    assert len(files) == len(told["conversas"]) == PAGE_ROWS + 23
    assert str(other) not in files
    assert files[str(small)] == f"conversas/{small} Pão de queijo  já.md"
    assert archive.read(files[str(small)]).decode() == (
        "# Pão/de\\queijo: já?\n\n## Você\n\nPergunta\n\n## FalaAí\n\nResposta\n\ncom “aspas”\n"
    )
    assert archive.read(files[str(empty)]).decode() == "# Nova Conversa\n"
    assert archive.read(files[str(long.id)]).decode().count("\n## ") == long.messages


def test_searches_are_in_the_archive_as_data_and_as_numbered_sources(job: Job, rows: Rows, bucket: Bucket) -> None:
    conversation = rows.conversation(job.user, "O que há?", "Olá, Ana.", "E depois?", "Nada.")
    rows.run(
        "UPDATE mensagens SET buscar = TRUE, buscada_em = NOW(6), pesquisa = %s, sugestoes = %s"
        " WHERE id_conversa = %s AND seq = 2",
        *(GROUNDING.stored(), GROUNDING.suggestions, conversation),
    )
    job.run()
    archive = bucket.archive(job.id)
    reply, other = [row for row in json.loads(archive.read("falaai.json"))["mensagens"] if row["remetente"] == "ia"]
    assert (reply["buscar"], reply["pesquisa"], reply["sugestoes"]) == (1, GROUNDING.shape(), GROUNDING.suggestions)
    assert (other["buscar"], other["pesquisa"], other["sugestoes"]) == (0, None, None)
    (name,) = [name for name in archive.namelist() if name.startswith("conversas/")]
    text = archive.read(name).decode()
    assert "Olá[1], Ana.\n\nFontes:\n\n1. a.example: <https://redirect.example/1>\n" in text
    assert text.count("Fontes:") == 1


def test_hidden_versions_are_in_the_archive_and_marked(job: Job, rows: Rows, bucket: Bucket) -> None:
    history = add_history(rows, job.user, 2 * PAGE_ROWS + 50)
    hide = "UPDATE mensagens SET pai = IF(seq = 3, %s, NULL), posicao = seq, ramo = 5, seq = -(5 + seq)"
    before = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 2", history.id)
    rows.run(f"{hide} WHERE id_conversa = %s AND seq > 2", before, history.id)
    rows.run("UPDATE conversas SET ultima_seq = 2, proximo_ramo = 500 WHERE id = %s", history.id)
    job.run()
    archive = bucket.archive(job.id)
    told = json.loads(archive.read("falaai.json"))["mensagens"]
    assert [row["seq"] for row in told] == list(range(1, history.messages + 1))
    assert [row["ramo"] for row in told] == [None, None, *[5] * (history.messages - 2)]
    (name,) = [name for name in archive.namelist() if name.startswith("conversas/")]
    text = archive.read(name).decode()
    assert text.count("\n## ") == history.messages
    shown, hidden = text.split("\n---\n\n# Versão 1 da mensagem 3, e o que veio depois dela\n")
    assert (shown.count("\n## "), hidden.count("\n## ")) == (2, history.messages - 2)


def test_attached_files_are_in_the_archive_once_each_with_their_digests(job: Job, rows: Rows, bucket: Bucket) -> None:
    attached = AttachedFiles(rows, bucket.s3, BUCKET)
    large = secrets.token_bytes(3 * PIECE_BYTES + 7)
    scan = attached.file(job.user, large, resumo="Um contrato de aluguel.", resumo_estado="pronto")
    photo = attached.file(job.user, b"jpeg", especie="imagem", tipo="image/jpeg")
    voice = attached.file(job.user, b"OggS", especie="audio", tipo="audio/ogg", transcricao="Bom dia!")
    lost = attached.file(job.user, b"gone")
    place = rows.conversation(job.user, "Leia", "Li.", "De novo", "Li outra vez.")
    deleted = rows.conversation(job.user, "Apagada")
    rows.run("UPDATE conversas SET apagada = TRUE, apagada_em = UTC_TIMESTAMP(6) WHERE id = %s", deleted)
    secret = attached.file(job.user, b"of a deleted conversation")
    attached.attach_to(deleted, secret, "segredo.pdf")
    for file_id, name in [
        (scan, "contrato: já?.pdf"),
        (photo, "praia.HEIC"),
        (voice, "áudio"),
        (lost, "perdido.pdf"),
    ]:
        attached.attach_to(place, file_id, name)
    again = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 3", place)
    attached.attach(scan, again, "o mesmo.pdf")
    attached.unsent(job.user)
    theirs = rows.user("bia@exemplo.com.br")
    attached.attach_to(rows.conversation(theirs, "Oi"), attached.file(theirs, b"de Bia"), "de Bia.pdf")
    bucket.s3.delete_object(Bucket=BUCKET, Key=attached.key(lost))
    job.run()

    archive = bucket.archive(job.id)
    assert archive.testzip() is None
    files = {name: archive.read(name) for name in archive.namelist() if name.startswith("anexos/")}
    missing = files.pop("anexos/faltam.txt").decode()
    assert files == {
        f"anexos/{scan} contrato  já.pdf": large,
        f"anexos/{photo} praia.jpg": b"jpeg",
        f"anexos/{voice} áudio": b"OggS",
    }
    assert missing.endswith("\n\nperdido.pdf\n")
    assert {archive.getinfo(name).compress_type for name in files} == {zipfile.ZIP_STORED}
    told = json.loads(archive.read("falaai.json"))
    assert [row["nome"] for row in told["anexos"]] == [
        *("contrato: já?.pdf", "praia.HEIC", "áudio", "perdido.pdf", "o mesmo.pdf", "foto.jpg")
    ]
    found = {row["id"]: (row["resumo"], row["transcricao"]) for row in told["arquivos"]}
    assert found == {
        scan: ("Um contrato de aluguel.", None),
        photo: (None, None),
        voice: (None, "Bom dia!"),
        lost: (None, None),
    }
    assert "attachments/" not in archive.read("falaai.json").decode()
    (name,) = [name for name in archive.namelist() if name.startswith(f"conversas/{place}")]
    text = archive.read(name).decode()
    assert text.startswith(
        "# Nova Conversa\n\n## Você\n\nLeia\n\nAnexos: contrato: já?.pdf, praia.HEIC, áudio, perdido.pdf\n\n## FalaAí"
    )


def test_files_for_which_no_time_is_left_are_named(
    job: Job, rows: Rows, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached = AttachedFiles(rows, bucket.s3, BUCKET)
    place = rows.conversation(job.user, "Leia", "Li.")
    for name in ("velho.pdf", "novo.pdf"):
        attached.attach_to(place, attached.file(job.user, name.encode()), name)
    ticks = iter([True, False])
    monkeypatch.setattr("falaai_export.archive._has_time", lambda: next(ticks))
    job.run()
    archive = bucket.archive(job.id)
    names = [name for name in archive.namelist() if name.startswith("anexos/")]
    assert [name.rpartition(" ")[2] for name in names] == ["novo.pdf", "anexos/faltam.txt"]
    assert archive.read("anexos/faltam.txt").decode().endswith("\n\nvelho.pdf\n")
    assert job.state is State.READY


def test_storage_that_breaks_off_within_a_file_is_tried_again(
    job: Job, rows: Rows, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    attached = AttachedFiles(rows, bucket.s3, BUCKET)
    attached.attach_to(rows.conversation(job.user, "Leia"), attached.file(job.user, b"x" * 3 * PIECE_BYTES))
    read = StreamingBody.read

    def read_once(body: StreamingBody, amt: int) -> bytes:
        if body.tell():
            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
        return bytes(read(body, amt))

    with monkeypatch.context() as patch:
        patch.setattr(StreamingBody, "read", read_once)
        with pytest.raises(RetryLater):
            job.run()
    assert (bucket.names(), bucket.uploads()) == ([attached.key(attached.ids()[0])], [])
    job.run()
    assert bucket.archive(job.id).testzip() is None


def test_repeated_message_writes_nothing_and_sends_no_second_email(job: Job, bucket: Bucket) -> None:
    job.run()
    written = bucket.s3.head_object(Bucket=BUCKET, Key=key_of(job.id))["LastModified"]
    bucket.s3.put_object(Bucket=BUCKET, Key=key_of(job.id), Body=b"as it was")
    job.run()
    assert bucket.s3.get_object(Bucket=BUCKET, Key=key_of(job.id))["Body"].read() == b"as it was"
    assert len(job.queues.sent) == 1
    assert written


def test_try_after_a_killed_one_leaves_one_whole_file(job: Job, bucket: Bucket) -> None:
    bucket.leave_parts(job.id)
    job.run()
    assert bucket.archive(job.id).testzip() is None
    assert bucket.uploads() == []


def test_account_deleted_while_its_archive_is_written_leaves_nothing(job: Job, bucket: Bucket) -> None:
    class DeletedMeanwhile(ArchiveStore):
        def find_picture(self, key: str) -> bytes | None:
            job.close_account()
            return super().find_picture(key)

    job.run(DeletedMeanwhile(BUCKET))
    assert (bucket.names(), bucket.uploads(), job.queues.sent) == ([], [], [])


def test_message_of_a_deleted_account_deletes_what_a_killed_try_left(job: Job, bucket: Bucket) -> None:
    bucket.leave_parts(job.id)
    bucket.s3.put_object(Bucket=BUCKET, Key=key_of(job.id), Body=b"complete, but killed before it was stored")
    job.close_account()
    with pytest.raises(RetryLater):  # the row may not be committed yet
        job.run(age_seconds=1)
    job.run(age_seconds=301)
    assert (bucket.names(), bucket.uploads(), job.queues.sent) == ([], [], [])


def test_request_committed_while_its_message_is_handled_is_not_lost(
    job: Job, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is sent before the commit, so the worker may look for the row too early."""
    look = exports.update_started

    def look_before_the_commit(sql: Statements, user_id: int, export_id: int) -> int | None:
        monkeypatch.setattr(exports, "update_started", look)
        job.rows.run("UPDATE exportacoes SET id_usuario = -id_usuario")  # the worker finds no row of this user
        found = look(sql, user_id, export_id)
        job.rows.run("UPDATE exportacoes SET id_usuario = -id_usuario")
        return found

    monkeypatch.setattr(exports, "update_started", look_before_the_commit)
    with pytest.raises(RetryLater):
        job.run()
    job.run()
    assert (bucket.names(), job.state) == ([key_of(job.id)], State.READY)


def test_storage_that_fails_is_tried_again_and_at_last_shown_as_failed(
    job: Job, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # nothing listens there
    s3_client.cache_clear()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert job.state is State.PREPARING, attempt
        with pytest.raises(RetryLater):
            job.run()
    assert job.state is State.FAILED
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.s3.meta.endpoint_url)
    s3_client.cache_clear()
    job.run()  # replayed from the dead-letter queue
    assert job.state is State.READY
    assert bucket.names() == [key_of(job.id)]


def test_upload_that_fails_in_the_middle_leaves_no_parts(
    job: Job, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Upload._send_part

    def send_one_and_fail(upload: Upload) -> None:
        if upload._parts:
            raise RetryLater("S3: SlowDown")
        sent(upload)

    monkeypatch.setattr(archive_store, "PART_BYTES", 100)
    monkeypatch.setattr(Upload, "_send_part", send_one_and_fail)
    with pytest.raises(RetryLater):
        job.run()
    assert (bucket.names(), bucket.uploads()) == ([], [])


def test_expired_request_is_not_carried_out(job: Job, bucket: Bucket) -> None:
    job.rows.run("UPDATE exportacoes SET expira_em = UTC_TIMESTAMP(6)")
    job.run()
    assert (bucket.names(), job.queues.sent, job.state) == ([], [], None)


def test_worker_killed_at_its_last_try_is_shown_as_failed(job: Job) -> None:
    began = "UPDATE exportacoes SET tentativas = %s, iniciada_em = UTC_TIMESTAMP(6) - INTERVAL %s SECOND"
    job.rows.run(began, MOST_ATTEMPTS, ATTEMPT_SECONDS - 60)
    assert job.state is State.PREPARING
    job.rows.run(began, MOST_ATTEMPTS - 1, ATTEMPT_SECONDS + 60)
    assert job.state is State.PREPARING
    job.rows.run(began, MOST_ATTEMPTS, ATTEMPT_SECONDS + 60)
    assert job.state is State.FAILED


def test_request_whose_message_was_lost_is_shown_as_failed(job: Job) -> None:
    job.rows.run("UPDATE exportacoes SET criada_em = UTC_TIMESTAMP(6) - INTERVAL %s HOUR", LOST_HOURS)
    assert job.state is State.FAILED


def test_requests_at_once_are_one_job(database: Database, rows: Rows) -> None:
    """No worker ends the job meanwhile: a request after its end is a new job."""
    session, queues = new_session(rows, rows.user()), FakeQueues()
    with ThreadPoolExecutor(4) as pool:
        requested = list(pool.map(lambda _: request_export(database, queues, session).id, range(4)))
    assert len(set(requested)) == 1
    assert {message.export_id for message in queues.sent if isinstance(message, ExportRequested)} == set(requested)
    assert rows.value("SELECT COUNT(*) FROM exportacoes") == 1
