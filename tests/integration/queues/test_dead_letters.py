"""Messages that no worker could process: poison, the number of tries, the reason, and the way back."""

import os
import subprocess
import sys

import pytest

from falaai.batches import RECEIVED_AT_MOST, batch_handler, retry_until_committed
from falaai.errors import PermanentFailure, RetryLater
from falaai.queue_messages import DigestRequested, EmailRequested, SummaryRequested, TitleRequested
from falaai.queues import hide_message
from falaai_memory.worker import MemoryRequested
from tests.support.paths import ROOT
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS
from tests.support.worked_queues import WorkedQueue, most_receives, title


@pytest.mark.parametrize(
    "poison", ["", "not JSON", "{}", '{"conversation_id": "x"}', '{"conversation_id": 1, "y": 2}']
)
def test_poison_goes_straight_to_the_dead_letters(queue: WorkedQueue, poison: str) -> None:
    queue.put(poison or " ")
    queue.put(title(1))
    done: list[int] = []
    handler = batch_handler(TitleRequested, lambda message, _age: done.append(message.conversation_id))
    assert queue.work_until_empty(handler) == 1
    assert done == [1]
    assert queue.left(queue.dead_letters) == 1


@pytest.mark.parametrize("surprise", [RetryLater("busy"), RuntimeError("a fault of ours")])
def test_message_is_a_dead_letter_after_the_designed_number_of_tries(queue: WorkedQueue, surprise: Exception) -> None:
    tries: list[float] = []

    def handle(_message: TitleRequested, age: float) -> None:
        tries.append(age)
        raise surprise

    queue.put(title(1))
    handler = batch_handler(TitleRequested, handle)
    while not queue.left(queue.dead_letters):
        queue.work(handler)
    assert len(tries) == 5
    assert all(0 <= age < 60 for age in tries)


def test_last_try_is_told_that_it_was_the_last(queue: WorkedQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: list[MemoryRequested] = []

    def refuse(_message: MemoryRequested, _age: float) -> None:
        raise RetryLater("model_unavailable")

    handler = batch_handler(MemoryRequested, refuse, given_up.append)  # type: ignore[type-var]
    messages = [DigestRequested(file_id=1, user_id=7), SummaryRequested(conversation_id=1)]
    for message in messages:
        queue.put(message)
    while queue.left(queue.url):
        assert given_up == []
        monkeypatch.setattr("falaai.batches.FIRST_PAUSE_SECONDS", 0)
        queue.work(handler)
    assert sorted(map(str, given_up)) == sorted(map(str, messages))
    assert queue.left(queue.dead_letters) == 2
    assert most_receives("MemoryQueue") == RECEIVED_AT_MOST


def test_pauses_outlast_the_time_a_missing_row_is_waited_for(
    queue: WorkedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message about a row that was rolled back ends quietly, and never reaches the dead-letter queue."""
    pauses: list[int] = []

    def note(queue_url: str, receipt_handle: str, seconds: int) -> None:
        pauses.append(seconds)
        hide_message(queue_url, receipt_handle, 0)

    monkeypatch.setattr("falaai.batches.hide_message", note)
    handler = batch_handler(TitleRequested, lambda _message, age: retry_until_committed("row", age + sum(pauses)))
    queue.put(title(404))
    queue.work_until_empty(handler)
    assert pauses == [2, 10, 50, 250]
    assert queue.left(queue.dead_letters) == 0


def test_reason_stands_beside_a_dead_letter(queue: WorkedQueue) -> None:
    queue.put(title(1))

    def refuse(_message: TitleRequested, _age: float) -> None:
        raise PermanentFailure("this cannot work")

    queue.work(batch_handler(TitleRequested, refuse))
    (dead,) = queue.sqs.receive_message(QueueUrl=queue.dead_letters, MessageAttributeNames=["All"])["Messages"]
    assert dead["Body"] == title(1).model_dump_json()
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "this cannot work"


def test_dead_letters_are_sent_back_by_the_documented_command(cloud: RunningCloud, queue: WorkedQueue) -> None:
    """Use the product's own queues: emails of the kind nenhuma are given up, replayed, and then done."""
    dead = queue.sqs.get_queue_url(QueueName="EmailDeadLetterQueue")["QueueUrl"]
    before = queue.left(dead)
    for _ in range(3):
        queue.sqs.send_message(QueueUrl=dead, MessageBody=EmailRequested(kind="nenhuma", user_id=0).model_dump_json())
    said = subprocess.run(
        [sys.executable, "-m", "operations.replay", "Email"],
        cwd=ROOT,
        env={**os.environ, "DEVCLOUD_DATA": str(cloud.data)},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert said.stdout == f"replay: {before + 3} messages sent back to EmailQueue\n", said.stderr
    assert queue.left(dead) == 0
