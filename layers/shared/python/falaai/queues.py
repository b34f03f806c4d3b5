"""Sending queue messages to SQS."""

from functools import cache
from typing import TYPE_CHECKING, Protocol

from falaai import settings
from falaai.aws_requests import CONNECT_SECONDS, READ_SECONDS, AwsRefused, ask_aws
from falaai.deadlines import within
from falaai.errors import QueueUnavailable
from falaai.queue_messages import CleanupRequested, EmailRequested, QueueMessage, SummaryRequested, TitleRequested

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# In all, for somebody waits for the answer.
SEND_SECONDS = 4


class Queues(Protocol):
    """Where rules put what others shall do."""

    def send(self, message: QueueMessage) -> None:
        """Hand the message over. Raises QueueUnavailable; then nothing was sent, or it may arrive all the same."""
        ...


@cache
def sqs_client() -> "SQSClient":
    """For workers that put a message back or bury it; region, credentials and endpoint come from the environment."""
    import boto3  # slow to import, and most messages just succeed
    from botocore.config import Config

    deadlines = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 2})
    return boto3.client("sqs", config=deadlines)


class SqsQueues:
    """The real queues, one for each type of message."""

    def send(self, message: QueueMessage) -> None:
        address, body = _address(message), message.model_dump_json()
        try:
            within(SEND_SECONDS, lambda: ask_aws("sqs", "AmazonSQS.SendMessage", QueueUrl=address, MessageBody=body))
        except (AwsRefused, TimeoutError) as error:
            raise QueueUnavailable(f"{type(message).__name__} was not sent: {error or 'no answer'}") from error


def _address(message: QueueMessage) -> str:
    addresses = settings.read(settings.QueueSettings)
    by_type: dict[type[QueueMessage], str] = {
        TitleRequested: addresses.titles_queue_url,
        SummaryRequested: addresses.memory_queue_url,
        EmailRequested: addresses.email_queue_url,
        CleanupRequested: addresses.cleanup_queue_url,
    }
    return by_type[type(message)]


@cache
def queues() -> Queues:
    """The process's queues."""
    return SqsQueues()
