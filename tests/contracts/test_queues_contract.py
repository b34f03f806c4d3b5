"""Contract of `Queues`, on SQS's protocol and on the fake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from falaai import settings
from falaai.errors import QueueUnavailable
from falaai.queue_messages import (
    CleanupRequested,
    EmailRequested,
    ExportRequested,
    QueueMessage,
    SummaryRequested,
    TitleRequested,
)
from falaai.queues import Queues, SqsQueues
from tests.support.fakes import FakeQueues
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client

SETTINGS = {
    TitleRequested: "TITLES_QUEUE_URL",
    SummaryRequested: "MEMORY_QUEUE_URL",
    EmailRequested: "EMAIL_QUEUE_URL",
    CleanupRequested: "CLEANUP_QUEUE_URL",
    ExportRequested: "EXPORT_QUEUE_URL",
}
MESSAGES = [
    TitleRequested(conversation_id=1),
    SummaryRequested(conversation_id=2),
    EmailRequested(kind="verificar", user_id=3),
    CleanupRequested(),
    ExportRequested(export_id=4, user_id=5),
]


@dataclass
class Case:
    """Queues to test. `received` returns all delivered messages of a type; `refuse` makes each `send` fail."""

    queues: Queues
    received: Callable[[type[QueueMessage]], list[QueueMessage]]
    refuse: Callable[[], None]


@pytest.fixture
def sqs(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """The real queues, each type of message in an SQS queue of this test alone."""
    client = aws_client(cloud, "sqs")
    urls = {kind: client.create_queue(QueueName=f"Contract{kind.__name__}")["QueueUrl"] for kind in SETTINGS}
    credentials = {"AWS_ACCESS_KEY_ID": "devcloud", "AWS_SECRET_ACCESS_KEY": "devcloud", "AWS_REGION": "us-east-1"}
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(cloud.addresses["aws"]))
    for kind, name in SETTINGS.items():
        monkeypatch.setenv(name, urls[kind])
    settings.read.cache_clear()

    def received(kind: type[QueueMessage]) -> list[QueueMessage]:
        got = client.receive_message(QueueUrl=urls[kind], MaxNumberOfMessages=10).get("Messages", [])
        return [kind.model_validate_json(message["Body"]) for message in got]

    def refuse() -> None:
        for name in SETTINGS.values():
            monkeypatch.setenv(name, f"{cloud.addresses['aws']}/000000000000/NoSuchQueue")
        settings.read.cache_clear()

    yield Case(SqsQueues(), received, refuse)
    for url in urls.values():
        client.delete_queue(QueueUrl=url)
    settings.read.cache_clear()


@pytest.fixture
def fake() -> Case:
    queues = FakeQueues()

    def refuse() -> None:
        queues.refuses = True

    return Case(queues, lambda kind: [message for message in queues.sent if type(message) is kind], refuse)


@pytest.fixture(params=["sqs", "fake"])
def case(request: pytest.FixtureRequest) -> Case:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_message_arrives_unchanged_in_the_queue_of_its_type(case: Case, message: QueueMessage) -> None:
    case.queues.send(message)
    assert {kind: case.received(kind) for kind in SETTINGS} == {
        kind: [message] if type(message) is kind else [] for kind in SETTINGS
    }


def test_message_that_is_sent_twice_arrives_twice(case: Case) -> None:
    for _ in range(2):
        case.queues.send(MESSAGES[0])
    assert case.received(TitleRequested) == [MESSAGES[0]] * 2


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_refusal_is_queue_unavailable_and_delivers_nothing(case: Case, message: QueueMessage) -> None:
    case.refuse()
    with pytest.raises(QueueUnavailable):
        case.queues.send(message)
    assert case.received(type(message)) == []
