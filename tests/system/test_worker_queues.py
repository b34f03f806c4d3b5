"""Workers postpone and refuse messages with the permissions of their own roles."""

import pytest

from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import wait_until

# A row that does not exist, as if its transaction were not committed yet.
MISSING = {
    "Titles": '{"conversation_id": 2000000001}',
    "Memory": '{"conversation_id": 2000000001}',
    "Email": '{"letter": "senha", "user_id": 2000000001}',
    "Export": '{"export_id": 2000000001, "user_id": 2000000001}',
}


def log_of(cloud: RunningCloud, worker: str, text: str) -> bool:
    return any(f" {worker}Function " in line and text in line for line in cloud.log.read_text().splitlines())


@pytest.mark.parametrize("worker", ["Titles", "Memory", "Email", "Cleanup", "Export"])
def test_malformed_message_is_moved_to_the_dead_letter_queue(cloud: RunningCloud, worker: str) -> None:
    sqs = aws_client(cloud, "sqs")
    queue, dead = (
        sqs.get_queue_url(QueueName=f"{worker}{kind}")["QueueUrl"] for kind in ("Queue", "DeadLetterQueue")
    )
    sqs.send_message(QueueUrl=queue, MessageBody="not JSON")
    (message,) = wait_until(
        lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1).get("Messages"), "a dead letter"
    )
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    assert message["Body"] == "not JSON"


@pytest.mark.parametrize("worker", MISSING)
def test_message_about_a_missing_row_is_postponed(cloud: RunningCloud, worker: str) -> None:
    sqs = aws_client(cloud, "sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=f"{worker}Queue")["QueueUrl"], MessageBody=MISSING[worker])
    wait_until(lambda: log_of(cloud, worker, "message postponed"), "the message is postponed")
