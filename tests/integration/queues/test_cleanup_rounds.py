"""A cleanup that runs out of time goes on by a message to itself."""

import json

import pytest

from devcloud.triggers import sqs_event
from falaai.batches import MARGIN_SECONDS
from falaai.logs import logger
from falaai_cleanup import worker
from tests.support.rows import Rows
from tests.support.worked_queues import Context, WorkedQueue


@pytest.fixture
def cleanup(queue: WorkedQueue, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> WorkedQueue:
    """A cleanup with work, whose messages go to the queue."""
    monkeypatch.setenv("CLEANUP_QUEUE_URL", queue.url)
    monkeypatch.setenv("PICTURES_BUCKET", "picturesbucket")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "devcloud")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", queue.sqs.meta.endpoint_url)
    monkeypatch.setattr("falaai_cleanup.worker.delete_orphans", lambda *_: 0)
    rows.conversation(rows.user(), "velha", "resposta", days_old=91)
    return queue


TOO_SHORT = int(MARGIN_SECONDS + worker.LAST_BATCH_SECONDS)


def test_cleanup_that_runs_out_of_time_requests_another_run(
    cleanup: WorkedQueue, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not any(worker.handle({}, Context(TOO_SHORT)).values())
    assert cleanup.left(cleanup.url) == 1
    assert "CleanupFinished" not in capsys.readouterr().out
    assert cleanup.work(worker.handle) == []
    assert cleanup.left(cleanup.url) == 0
    assert capsys.readouterr().out.count('"CleanupFinished":[1.0]') == 1
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 0


def test_cleanup_without_an_end_stops_after_its_last_round_and_says_so(
    cleanup: WorkedQueue, rows: Rows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No round has time, as if a fault let none of them end. All of them have the id of the schedule."""
    errors: list[str] = []
    monkeypatch.setattr(logger(), "error", lambda text, extra: errors.append(text))
    worker.handle({}, Context(TOO_SHORT))
    rounds, ids = [], set()
    while got := cleanup.receive():
        (message,) = got
        rounds.append(json.loads(message["Body"])["round"])
        ids.add(message["MessageAttributes"]["correlation_id"]["StringValue"])
        worker.handle(sqs_event(got, "arn:aws:sqs:x", "us-east-1"), Context(TOO_SHORT))
        cleanup.sqs.delete_message(QueueUrl=cleanup.url, ReceiptHandle=message["ReceiptHandle"])
    assert rounds == [*range(1, worker.MOST_ROUNDS + 1)]
    assert ids == {Context.aws_request_id}
    assert errors == ["cleanup stopped before its end"]
    assert capsys.readouterr().out.count('"CleanupStopped":[1.0]') == 1
    assert rows.value("SELECT COUNT(*) FROM mensagens") > 0
