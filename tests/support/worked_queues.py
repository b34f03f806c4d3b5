"""A queue with a worker that takes one batch at a time, when a test asks for it."""

import time
from dataclasses import dataclass
from typing import Any

from devcloud.template import read_template
from devcloud.triggers import failed_messages, sqs_event
from falaai.queue_messages import TitleRequested
from tests.support.paths import ROOT


class Context:
    """Context that Lambda passes to a handler: the id of the invocation and its time left."""

    aws_request_id = "test"

    def __init__(self, seconds: int = 30) -> None:
        self._ends_at = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


@dataclass
class WorkedQueue:
    """A queue, its dead-letter queue, and their SQS client."""

    sqs: Any
    url: str
    dead_letters: str

    def put(self, body: Any) -> None:
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body if isinstance(body, str) else body.model_dump_json()
        )

    def receive(self) -> list[dict[str, Any]]:
        asked = {
            "MaxNumberOfMessages": 10,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        return list(self.sqs.receive_message(QueueUrl=self.url, **asked).get("Messages", []))

    def work(self, handler: Any) -> list[str]:
        """Handle one batch. Returns the bodies of the messages left for later, which come back at once."""
        got = self.receive()
        if not got:
            return []
        failed = failed_messages(handler(sqs_event(got, "arn:aws:sqs:x", "us-east-1"), Context()), got)
        for message in got:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        for message in got:
            if message["MessageId"] in failed:
                self.sqs.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        return [message["Body"] for message in got if message["MessageId"] in failed]

    def work_until_empty(self, handler: Any) -> int:
        """Handle batches until the queue is empty. Returns their number."""
        rounds = 0
        while self.left(self.url):
            self.work(handler)
            rounds += 1
        return rounds

    def left(self, queue: str) -> int:
        """Count the messages of a queue, hidden ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


def title(number: int) -> TitleRequested:
    return TitleRequested(conversation_id=number)


def most_receives(queue: str) -> int:
    """Return how often a queue gives a message out before it moves it to the dead-letter queue, by the template."""
    properties = {one.logical_id: one.properties for one in read_template(ROOT / "template.yaml").queues}
    return int(properties[queue]["RedrivePolicy"]["maxReceiveCount"])
