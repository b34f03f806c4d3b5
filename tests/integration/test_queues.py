"""Batches through real queues: partial failures, poison, dead letters after the designed count, and the way back."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from devcloud.template import read_template
from devcloud.triggers import failed_messages, sqs_event
from falaai import database as databases
from falaai import settings
from falaai.batches import MARGIN_SECONDS, RECEIVED_AT_MOST, batch_handler, retry_until_committed
from falaai.deadlines import seconds_left
from falaai.errors import PermanentFailure, RetryLater
from falaai.logs import correlate, correlation_id, logger
from falaai.queue_messages import DigestRequested, EmailRequested, SummaryRequested, TitleRequested
from falaai.queues import SqsQueues, hide_message
from falaai_cleanup import worker
from falaai_email.email_sender import SendGrid
from falaai_email.rendering import Email
from falaai_memory.worker import MemoryRequested
from operations.replay import replay
from tests.support.databases import environment
from tests.support.paths import ROOT
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService, aws_client
from tests.support.waiting import HANG_SECONDS, wait_until

TEMPLATE = read_template(Path(ROOT / "template.yaml"))
MOST_RECEIVES = {queue.logical_id: queue.properties.get("RedrivePolicy", {}) for queue in TEMPLATE.queues}


class Context:
    """What Lambda hands to a handler."""

    aws_request_id = "test"

    def __init__(self, seconds: int = 30) -> None:
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


@dataclass
class Line:
    """A queue with its dead-letter queue, and a worker that one pulls by hand: time does not pass by itself."""

    sqs: Any
    queue: str
    dead_letters: str
    pauses: list[int] = field(default_factory=list)

    def put(self, body: Any) -> None:
        self.sqs.send_message(
            QueueUrl=self.queue, MessageBody=body if isinstance(body, str) else body.model_dump_json()
        )

    def receive(self) -> list[dict[str, Any]]:
        asked = {
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        return list(self.sqs.receive_message(QueueUrl=self.queue, **asked).get("Messages", []))

    def work(self, handler: Any) -> list[str]:
        """One batch: bodies of the messages left for later, which come back at once."""
        got = self.receive()
        if not got:
            return []
        failed = failed_messages(handler(sqs_event(got, "arn:aws:sqs:x", "us-east-1"), Context()), got)
        for message in got:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        for message in got:
            if message["MessageId"] in failed:
                self.sqs.change_message_visibility(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        return [message["Body"] for message in got if message["MessageId"] in failed]

    def work_until_empty(self, handler: Any) -> int:
        rounds = 0
        while self.left(self.queue):
            self.work(handler)
            rounds += 1
        return rounds

    def left(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def line(cloud: RunningCloud, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    sqs = aws_client(cloud, "sqs")
    dead = sqs.create_queue(QueueName="TestDeadLetterQueue")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": MOST_RECEIVES["TitlesQueue"]["maxReceiveCount"]}
    queue = sqs.create_queue(QueueName="TestQueue", Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    monkeypatch.setenv("QUEUE_URL", queue)
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead)
    for name, value in environment(where).items():
        if name.startswith("DB_"):
            monkeypatch.setenv(name, value)
    caches = (settings.read, databases.database)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(cloud.addresses["aws"]))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield Line(sqs, queue, dead)
    for cache in caches:
        cache.cache_clear()
    for one in (queue, dead):
        sqs.delete_queue(QueueUrl=one)


def title(number: int) -> TitleRequested:
    return TitleRequested(conversation_id=number)


def test_one_bad_message_of_ten_is_the_only_one_left(line: Line) -> None:
    done: list[int] = []

    def handle(message: TitleRequested, _age: float) -> None:
        if message.conversation_id == 7:
            raise RetryLater("busy")
        done.append(message.conversation_id)

    for number in range(10):
        line.put(title(number))
    assert line.work(batch_handler(TitleRequested, handle)) == [title(7).model_dump_json()]
    assert sorted(done) == [0, 1, 2, 3, 4, 5, 6, 8, 9]


@pytest.mark.parametrize(
    "poison", ["", "not JSON", "{}", '{"conversation_id": "x"}', '{"conversation_id": 1, "y": 2}']
)
def test_poison_goes_straight_to_the_dead_letters(line: Line, poison: str) -> None:
    line.put(poison or " ")
    line.put(title(1))
    done: list[int] = []
    handler = batch_handler(TitleRequested, lambda message, _age: done.append(message.conversation_id))
    assert line.work_until_empty(handler) == 1
    assert done == [1]
    assert line.left(line.dead_letters) == 1


@pytest.mark.parametrize("surprise", [RetryLater("busy"), RuntimeError("a fault of ours")])
def test_dead_letter_after_the_designed_count(line: Line, surprise: Exception) -> None:
    tries: list[float] = []

    def handle(_message: TitleRequested, age: float) -> None:
        tries.append(age)
        raise surprise

    line.put(title(1))
    handler = batch_handler(TitleRequested, handle)
    while not line.left(line.dead_letters):
        line.work(handler)
    assert len(tries) == 5
    assert all(0 <= age < 60 for age in tries)


def test_last_try_is_told_that_it_was_the_last(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: list[MemoryRequested] = []

    def refuse(_message: MemoryRequested, _age: float) -> None:
        raise RetryLater("model_unavailable")

    handler = batch_handler(MemoryRequested, refuse, given_up.append)  # type: ignore[type-var]
    messages = [DigestRequested(file_id=1, user_id=7), SummaryRequested(conversation_id=1)]
    for message in messages:
        line.put(message)
    while line.left(line.queue):
        assert given_up == []
        monkeypatch.setattr("falaai.batches.FIRST_PAUSE_SECONDS", 0)
        line.work(handler)
    assert sorted(map(str, given_up)) == sorted(map(str, messages))
    assert line.left(line.dead_letters) == 2
    assert MOST_RECEIVES["MemoryQueue"]["maxReceiveCount"] == RECEIVED_AT_MOST


def test_pauses_outlast_the_time_a_missing_row_is_waited_for(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message about a row that was rolled back ends quietly, and never reaches the dead-letter queue."""
    pauses: list[int] = []

    def note(queue_url: str, receipt_handle: str, seconds: int) -> None:
        pauses.append(seconds)
        hide_message(queue_url, receipt_handle, 0)

    monkeypatch.setattr("falaai.batches.hide_message", note)
    handler = batch_handler(TitleRequested, lambda _message, age: retry_until_committed("row", age + sum(pauses)))
    line.put(title(404))
    line.work_until_empty(handler)
    assert pauses == [2, 10, 50, 250]
    assert line.left(line.dead_letters) == 0


def test_postponed_message_is_hidden_in_its_queue(line: Line) -> None:
    """The queue itself would hide it for hours: it comes back only because the worker asked for a shorter time."""
    line.sqs.set_queue_attributes(QueueUrl=line.queue, Attributes={"VisibilityTimeout": "43200"})
    line.put(title(1))

    def refuse(_message: TitleRequested, _age: float) -> None:
        raise RetryLater("busy")

    (got,) = line.receive()
    batch_handler(TitleRequested, refuse)(sqs_event([got], "arn:aws:sqs:x", "us-east-1"), Context())
    assert wait_until(line.receive, "the message to come back")


def test_reason_stands_beside_a_dead_letter(line: Line) -> None:
    line.put(title(1))

    def refuse(_message: TitleRequested, _age: float) -> None:
        raise PermanentFailure("this cannot work")

    line.work(batch_handler(TitleRequested, refuse))
    (dead,) = line.sqs.receive_message(QueueUrl=line.dead_letters, MessageAttributeNames=["All"])["Messages"]
    assert dead["Body"] == title(1).model_dump_json()
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "this cannot work"


def test_message_that_cannot_be_postponed_is_logged_and_stays_in_the_queue(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_message: TitleRequested, _age: float) -> None:
        raise RetryLater("busy")

    line.put(title(1))
    (got,) = line.receive()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("falaai.queues.SQS_SECONDS", 0.5)
    logged: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(logger(), "error", lambda text, extra: logged.append((text, extra)))
    event = sqs_event([got], "arn:aws:sqs:x", "us-east-1")
    answer = batch_handler(TitleRequested, refuse)(event, Context())
    assert answer["batchItemFailures"] == [{"itemIdentifier": got["MessageId"]}]
    assert [(text, facts["reason"]) for text, facts in logged] == [("message not postponed", "busy")]


@pytest.mark.parametrize(
    ("fault", "left", "dead"), [(429, 1, 0), (500, 1, 0), ("timeout", 1, 0), (401, 0, 1), (413, 0, 1)]
)
def test_emails_wait_for_a_busy_sendgrid_and_are_given_up_when_it_refuses(
    line: Line, sendgrid: FakeService, fault: int | str, left: int, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "timeout":
        monkeypatch.setattr("falaai_email.email_sender.SECONDS", 0.3)
    for name, value in {
        "SENDGRID_API_KEY": "k" * 30,
        "SENDGRID_BASE_URL": sendgrid.url,
        "EMAIL_USER": "falaai@exemplo.com.br",
        "PUBLIC_URL": "http://localhost",
    }.items():
        monkeypatch.setenv(name, value)
    email_sender = SendGrid(settings.read(settings.EmailSettings))
    email = Email("ana@exemplo.com.br", "Assunto", "texto", "<p>texto</p>")
    handler = batch_handler(EmailRequested, lambda _message, _age: email_sender.send(email))
    sendgrid.fault(status=fault)
    line.put(EmailRequested(kind="verificar", user_id=1))
    line.work(handler)
    assert (line.left(line.queue), line.left(line.dead_letters)) == (left, dead)
    sendgrid.fault(status=None)
    monkeypatch.setattr("falaai_email.email_sender.SECONDS", 10)
    if left:
        line.work(handler)
        assert line.left(line.queue) == 0


def test_dead_letters_are_sent_back_by_the_documented_command(cloud: RunningCloud, line: Line) -> None:
    """Through the product's own queues: an email of kind nenhuma, given up, is replayed and done."""
    dead = line.sqs.get_queue_url(QueueName="EmailDeadLetterQueue")["QueueUrl"]
    before = line.left(dead)
    for _ in range(3):
        line.sqs.send_message(QueueUrl=dead, MessageBody=EmailRequested(kind="nenhuma", user_id=0).model_dump_json())
    said = subprocess.run(
        [sys.executable, "-m", "operations.replay", "Email"],
        cwd=ROOT,
        env={**os.environ, "DEVCLOUD_DATA": str(cloud.data)},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert said.stdout == f"replay: {before + 3} messages sent back to EmailQueue\n", said.stderr
    assert line.left(dead) == 0


def test_never_is_told_with_its_reason(line: Line) -> None:
    def handle(_message: TitleRequested, _age: float) -> None:
        raise PermanentFailure("refused for good")

    line.put(title(1))
    line.work(batch_handler(TitleRequested, handle))
    (message,) = line.sqs.receive_message(QueueUrl=line.dead_letters, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["reason"]["StringValue"] == "refused for good"
    assert message["Body"] == title(1).model_dump_json()


def test_message_gets_no_more_time_than_the_invocation_has(line: Line) -> None:
    """Of a batch whose first messages took all of it, the rest is left for later instead of dying half done."""
    given: list[float] = []

    def handle(_message: TitleRequested, _age: float) -> None:
        given.append(seconds_left(20))
        raise RetryLater("busy")

    line.put(title(1))
    got = line.sqs.receive_message(QueueUrl=line.queue, MessageSystemAttributeNames=["All"])["Messages"]
    batch_handler(TitleRequested, handle)(sqs_event(got, "x", "x"), Context(seconds=8))
    assert 0 < given[0] <= 8 - MARGIN_SECONDS


@pytest.fixture
def cleanup(line: Line, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A cleanup with work, whose messages go to the line."""
    monkeypatch.setenv("CLEANUP_QUEUE_URL", line.queue)
    monkeypatch.setenv("PICTURES_BUCKET", "picturesbucket")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "devcloud")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", line.sqs.meta.endpoint_url)
    monkeypatch.setattr("falaai_cleanup.worker.delete_orphans", lambda *_: 0)
    rows.conversation(rows.user(), "velha", "resposta", days_old=91)
    return line


TOO_SHORT = int(MARGIN_SECONDS + worker.LAST_BATCH_SECONDS)


def test_cleanup_that_runs_out_of_time_requests_another_run(
    cleanup: Line, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not any(worker.handle({}, Context(TOO_SHORT)).values())
    assert cleanup.left(cleanup.queue) == 1
    assert "CleanupFinished" not in capsys.readouterr().out
    assert cleanup.work(worker.handle) == []
    assert cleanup.left(cleanup.queue) == 0
    assert capsys.readouterr().out.count('"CleanupFinished":[1.0]') == 1
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 0


def test_cleanup_without_an_end_stops_after_its_last_round_and_says_so(
    cleanup: Line, rows: Rows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each round has no time, as after a fault that lets no round end. The schedule's id is in all of them."""
    errors: list[str] = []
    monkeypatch.setattr(logger(), "error", lambda text, extra: errors.append(text))
    worker.handle({}, Context(TOO_SHORT))
    rounds, ids = [], set()
    while got := cleanup.receive():
        (message,) = got
        rounds.append(json.loads(message["Body"])["round"])
        ids.add(message["MessageAttributes"]["correlation_id"]["StringValue"])
        worker.handle(sqs_event(got, "arn:aws:sqs:x", "us-east-1"), Context(TOO_SHORT))
        cleanup.sqs.delete_message(QueueUrl=cleanup.queue, ReceiptHandle=message["ReceiptHandle"])
    assert rounds == [*range(1, worker.MOST_ROUNDS + 1)]
    assert ids == {Context.aws_request_id}
    assert errors == ["cleanup stopped before its end"]
    assert capsys.readouterr().out.count('"CleanupStopped":[1.0]') == 1
    assert rows.value("SELECT COUNT(*) FROM mensagens") > 0


def test_message_carries_the_id_of_its_request_through_the_dead_letter_queue_and_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITLES_QUEUE_URL", line.queue)
    settings.read.cache_clear()
    correlate("of-the-request")
    SqsQueues().send(title(1))
    correlate("")
    seen: list[str] = []

    def refuse(_message: TitleRequested, _age: float) -> None:
        seen.append(correlation_id())
        raise PermanentFailure("this cannot work")

    line.work(batch_handler(TitleRequested, refuse))
    sqs, names = line.sqs, {"url": line.queue, "dead": line.dead_letters}
    monkeypatch.setattr("operations.replay.client", lambda _service: sqs)
    monkeypatch.setattr(
        "operations.replay.physical_id", lambda name: names["dead" if "DeadLetter" in name else "url"]
    )
    assert replay("Titles") == 1
    line.work(batch_handler(TitleRequested, lambda _message, _age: seen.append(correlation_id())))
    assert seen == ["of-the-request"] * 2


def test_message_without_an_id_is_logged_under_that_of_the_invocation(line: Line) -> None:
    """As messages of a release before this one."""
    correlate("of-another-request")
    line.put(title(1))
    seen: list[str] = []
    line.work(batch_handler(TitleRequested, lambda _message, _age: seen.append(correlation_id())))
    assert seen == [Context.aws_request_id]
