"""Batches of real queues: partial failures, messages that wait, and the time of a message."""

from typing import Any

import pytest

from devcloud.triggers import sqs_event
from falaai import settings
from falaai.batches import MARGIN_SECONDS, batch_handler
from falaai.deadlines import seconds_left
from falaai.errors import RetryLater
from falaai.logs import logger
from falaai.queue_messages import EmailRequested, TitleRequested
from falaai_email.email_sender import SendGrid
from falaai_email.rendering import Email
from tests.support.services import FakeService
from tests.support.waiting import wait_until
from tests.support.worked_queues import Context, WorkedQueue, title


def test_one_bad_message_of_ten_is_the_only_one_left(queue: WorkedQueue) -> None:
    done: list[int] = []

    def handle(message: TitleRequested, _age: float) -> None:
        if message.conversation_id == 7:
            raise RetryLater("busy")
        done.append(message.conversation_id)

    for number in range(10):
        queue.put(title(number))
    assert queue.work(batch_handler(TitleRequested, handle)) == [title(7).model_dump_json()]
    assert sorted(done) == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_postponed_message_is_hidden_in_its_queue(queue: WorkedQueue) -> None:
    """It comes back only because the worker asked for a shorter time: the queue itself would hide it for hours."""
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "43200"})
    queue.put(title(1))

    def refuse(_message: TitleRequested, _age: float) -> None:
        raise RetryLater("busy")

    (got,) = queue.receive()
    batch_handler(TitleRequested, refuse)(sqs_event([got], "arn:aws:sqs:x", "us-east-1"), Context())
    assert wait_until(queue.receive, "the message to come back")


def test_message_that_cannot_be_postponed_is_logged_and_stays_in_the_queue(
    queue: WorkedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_message: TitleRequested, _age: float) -> None:
        raise RetryLater("busy")

    queue.put(title(1))
    (got,) = queue.receive()
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
    queue: WorkedQueue, sendgrid: FakeService, fault: int | str, left: int, dead: int, monkeypatch: pytest.MonkeyPatch
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
    queue.put(EmailRequested(kind="verificar", user_id=1))
    queue.work(handler)
    assert (queue.left(queue.url), queue.left(queue.dead_letters)) == (left, dead)
    sendgrid.fault(status=None)
    monkeypatch.setattr("falaai_email.email_sender.SECONDS", 10)
    if left:
        queue.work(handler)
        assert queue.left(queue.url) == 0


def test_message_gets_no_more_time_than_the_invocation_has(queue: WorkedQueue) -> None:
    """If the first messages of a batch took all of its time, the rest is left for later instead of ending halfway."""
    given: list[float] = []

    def handle(_message: TitleRequested, _age: float) -> None:
        given.append(seconds_left(20))
        raise RetryLater("busy")

    queue.put(title(1))
    got = queue.sqs.receive_message(QueueUrl=queue.url, MessageSystemAttributeNames=["All"])["Messages"]
    batch_handler(TitleRequested, handle)(sqs_event(got, "x", "x"), Context(seconds=8))
    assert 0 < given[0] <= 8 - MARGIN_SECONDS
