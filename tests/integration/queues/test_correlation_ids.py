"""A message carries the id of the request that sent it."""

import pytest

from falaai import settings
from falaai.batches import batch_handler
from falaai.errors import PermanentFailure
from falaai.logs import correlate, correlation_id
from falaai.queue_messages import TitleRequested
from falaai.queues import SqsQueues
from operations.replay import replay
from tests.support.worked_queues import Context, WorkedQueue, title


def test_message_carries_the_id_of_its_request_through_the_dead_letter_queue_and_back(
    queue: WorkedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITLES_QUEUE_URL", queue.url)
    settings.read.cache_clear()
    correlate("of-the-request")
    SqsQueues().send(title(1))
    correlate("")
    seen: list[str] = []

    def refuse(_message: TitleRequested, _age: float) -> None:
        seen.append(correlation_id())
        raise PermanentFailure("this cannot work")

    queue.work(batch_handler(TitleRequested, refuse))
    sqs, names = queue.sqs, {"url": queue.url, "dead": queue.dead_letters}
    monkeypatch.setattr("operations.replay.client", lambda _service: sqs)
    monkeypatch.setattr(
        "operations.replay.physical_id", lambda name: names["dead" if "DeadLetter" in name else "url"]
    )
    assert replay("Titles") == 1
    queue.work(batch_handler(TitleRequested, lambda _message, _age: seen.append(correlation_id())))
    assert seen == ["of-the-request"] * 2


def test_message_without_an_id_is_logged_under_that_of_the_invocation(queue: WorkedQueue) -> None:
    """Messages of earlier releases have none."""
    correlate("of-another-request")
    queue.put(title(1))
    seen: list[str] = []
    queue.work(batch_handler(TitleRequested, lambda _message, _age: seen.append(correlation_id())))
    assert seen == [Context.aws_request_id]
