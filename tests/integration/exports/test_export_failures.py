"""The export worker when storage fails, a try is killed, or the account is deleted."""

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody

from falaai.database import Statements
from falaai.errors import RetryLater
from falaai.export_files import key_of
from falaai.repositories import exports
from falaai.repositories.exports import ATTEMPT_SECONDS, LOST_HOURS, MOST_ATTEMPTS, State
from falaai.s3 import s3_client
from falaai_export import archive_store
from falaai_export.archive_store import PIECE_BYTES, ArchiveStore, Upload
from tests.support.attached_files import AttachedFiles
from tests.support.export_jobs import BUCKET, Bucket, Job
from tests.support.rows import Rows


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
