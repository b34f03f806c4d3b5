"""Receiving queue messages: SQS batches in, partial batch responses out, through Powertools.

A worker handles one typed message. If it returns, the message is done. RetryLater returns the message to the queue
after a pause that grows fivefold each time. PermanentFailure moves it to the dead-letter queue. Any other error is
logged with its traceback, and the message returns after the queue's visibility timeout.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import TypeAdapter, ValidationError

from falaai import settings
from falaai.database import database
from falaai.deadlines import deadline
from falaai.errors import PermanentFailure, QueueUnavailable, RetryLater, Unavailable
from falaai.logs import correlate, logger
from falaai.queue_messages import QueueMessage
from falaai.queues import CORRELATION_ID, hide_message, send_message
from falaai.repositories import clock

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

# Age of a message up to which its missing row may still appear: messages are sent before their transaction commits.
COMMIT_GRACE_SECONDS = 5 * 60
# maxReceiveCount 5 allows four pauses. Together they are longer than COMMIT_GRACE_SECONDS, so a message about a row
# that was rolled back never reaches the dead-letter queue.
FIRST_PAUSE_SECONDS = 2
PAUSE_GROWTH = 5
LONGEST_PAUSE_SECONDS = 15 * 60
# Times that a message is received; template.yaml has the same number as maxReceiveCount of every worker's queue but
# that of emails.
RECEIVED_AT_MOST = 5
# Seconds of the invocation reserved for postponing the messages that were not handled.
MARGIN_SECONDS = 5.0

Message = TypeVar("Message", bound=QueueMessage)


def batch_handler(
    message_type: type[Message],
    handle: Callable[[Message, float], None],
    give_up: Callable[[Message], None] | None = None,
) -> "Callable[[dict[str, Any], Any], PartialItemFailureResponse]":
    """Return a Lambda handler that calls `handle` with each message of a batch and its age in seconds.

    `message_type` may be a union. `give_up` is called with a message that no retry is left for, before it goes to the
    dead-letter queue.
    """
    adapter: TypeAdapter[Message] = TypeAdapter(message_type)

    def process(record: SQSRecord, lambda_context: Any) -> None:
        correlate(_correlation_id(record) or getattr(lambda_context, "aws_request_id", ""))
        try:
            message = _message_of(adapter, record)
            handle(message, _age_seconds(record))
        except (RetryLater, Unavailable) as error:
            if give_up is None or not _is_last_try(record):
                _log_and_postpone(record, error)
                raise
            give_up(message)
            _move_to_dead_letter_queue(record, str(error))
        except PermanentFailure as error:
            _move_to_dead_letter_queue(record, str(error))
        except Exception:
            logger().exception("message failed", extra={"message_id": record.message_id})
            raise
        else:
            logger().info("message handled", extra={"message_id": record.message_id})

    def handler(event: dict[str, Any], context: Any) -> "PartialItemFailureResponse":
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        with deadline(_seconds_of(context)):
            return process_partial_response(event=event, record_handler=process, processor=processor, context=context)

    return handler


def _message_of(adapter: TypeAdapter[Message], record: SQSRecord) -> Message:
    try:
        return adapter.validate_json(record.body)
    except ValidationError as error:
        raise PermanentFailure(f"not a message of this queue: {error.error_count()} errors") from error


def _correlation_id(record: SQSRecord) -> str:
    """Return the id of the request that the message comes from. Messages of older releases have none."""
    attribute = record.message_attributes[CORRELATION_ID]
    return (attribute.string_value or "") if attribute else ""


def retry_until_committed(what: str, age_seconds: float) -> None:
    """Raise RetryLater while a missing row may still be committed. After that, log that the message is dropped."""
    if age_seconds < COMMIT_GRACE_SECONDS:
        raise RetryLater(f"{what} is not committed yet")
    logger().info("message dropped, its row does not exist", extra={"row": what})


def _seconds_of(context: Any) -> float:
    """Return the seconds that the invocation may use."""
    return float(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)


def _age_seconds(record: SQSRecord) -> float:
    """Return the message's age by the database's clock: a wrong local clock could drop the message too early."""
    return clock.get_now(database()).timestamp() - int(record.attributes.sent_timestamp) / 1000


def _is_last_try(record: SQSRecord) -> bool:
    return int(record.attributes.approximate_receive_count) >= RECEIVED_AT_MOST


def _log_and_postpone(record: SQSRecord, error: Exception) -> None:
    facts = {"message_id": record.message_id, "reason": str(error)}
    try:
        pause = _postpone(record)
    except QueueUnavailable as failure:  # the message returns after the queue's own visibility timeout
        logger().error("message not postponed", extra={**facts, "failure": str(failure)})
        return
    logger().warning("message postponed", extra={**facts, "pause_seconds": pause})


def _postpone(record: SQSRecord) -> int:
    """Return the message to the queue after a pause that grows with each try. Returns the pause in seconds."""
    received: int = int(record.attributes.approximate_receive_count)
    pause: int = min(FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** (received - 1), LONGEST_PAUSE_SECONDS)
    hide_message(settings.read(settings.WorkerSettings).queue_url, record.receipt_handle, pause)
    return pause


def _move_to_dead_letter_queue(record: SQSRecord, reason: str) -> None:
    """Move a message that no retry can help to the dead-letter queue, which has an alarm."""
    logger().error("message moved to dead-letter queue", extra={"message_id": record.message_id, "reason": reason})
    send_message(settings.read(settings.WorkerSettings).dead_letter_queue_url, record.body, reason[:200])
