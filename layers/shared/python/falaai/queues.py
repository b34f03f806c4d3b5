"""Every request to SQS: messages sent, and messages made visible again later."""

from functools import cache
from typing import Any, Protocol

from falaai import settings
from falaai.aws_requests import AwsRefused, call_aws
from falaai.deadlines import within
from falaai.errors import QueueUnavailable
from falaai.logs import correlation_id
from falaai.queue_messages import (
    CleanupRequested,
    DigestRequested,
    EmailRequested,
    ExportRequested,
    QueueMessage,
    SummaryRequested,
    TitleRequested,
)

# Total time limit of one request to SQS: a user may be waiting for it.
SQS_SECONDS = 4
# Name of the message attribute with the id that joins the log lines of a request and of all jobs that follow from it.
# An attribute, because workers of an older release refuse a message with a field that they do not know.
CORRELATION_ID = "correlation_id"


class Queues(Protocol):
    """Interface by which rules send messages to the workers."""

    def send(self, message: QueueMessage, delay_seconds: int = 0) -> None:
        """Send a message that arrives after a delay of at most 900 seconds.

        Raises QueueUnavailable if it fails or the answer is lost; the message may still arrive.
        """
        ...


class SqsQueues:
    """The real queues, one for each type of message."""

    def send(self, message: QueueMessage, delay_seconds: int = 0) -> None:
        send_message(_url(message), message.model_dump_json(), delay_seconds=delay_seconds)


def send_message(queue_url: str, body: str, reason: str = "", delay_seconds: int = 0) -> None:
    """Send a body to a queue, with the current correlation id and the reason, if any. Raises QueueUnavailable."""
    given = {CORRELATION_ID: correlation_id(), "reason": reason}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in given.items() if value}
    delay = {"DelaySeconds": delay_seconds} if delay_seconds else {}
    _call_sqs("SendMessage", QueueUrl=queue_url, MessageBody=body, MessageAttributes=attributes, **delay)


def hide_message(queue_url: str, receipt_handle: str, seconds: int) -> None:
    """Let a received message return to its queue after so many seconds. Raises QueueUnavailable."""
    receipt = {"ReceiptHandle": receipt_handle, "VisibilityTimeout": seconds}
    _call_sqs("ChangeMessageVisibility", QueueUrl=queue_url, **receipt)


def _call_sqs(operation: str, **body: Any) -> None:
    try:
        within(SQS_SECONDS, lambda: call_aws("sqs", f"AmazonSQS.{operation}", **body))
    except (AwsRefused, TimeoutError) as error:
        raise QueueUnavailable(f"{operation} failed: {error or 'no answer'}") from error


def _url(message: QueueMessage) -> str:
    urls = settings.read(settings.QueueSettings)
    by_type: dict[type[QueueMessage], str] = {
        TitleRequested: urls.titles_queue_url,
        SummaryRequested: urls.memory_queue_url,
        DigestRequested: urls.memory_queue_url,
        EmailRequested: urls.email_queue_url,
        CleanupRequested: urls.cleanup_queue_url,
        ExportRequested: urls.export_queue_url,
    }
    return by_type[type(message)]


@cache
def queues() -> Queues:
    """Return the process's queues."""
    return SqsQueues()
