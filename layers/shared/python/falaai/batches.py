"""Workers' side of the queues: SQS batches in, partial batch responses out, through Powertools.

A handler gets one typed message and decides by what it raises: nothing, the message is done; Again, it comes
back after a pause that grows fivefold each time; Never, it goes straight to the dead-letter queue. Anything else is a
surprise: logged with its traceback, and the message comes back after the queue's own visibility timeout.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import ValidationError

from falaai import settings
from falaai.database import database
from falaai.deadlines import deadline, within
from falaai.errors import PermanentFailure, QueueUnavailable, RetryLater, Unavailable
from falaai.logs import logger
from falaai.queue_messages import QueueMessage
from falaai.queues import SEND_SECONDS, sqs_client
from falaai.repositories import clock
from falaai.tracing import traced

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

# A message is sent inside a transaction, before its commit: for this long a missing row may still appear.
COMMIT_GRACE_SECONDS = 5 * 60
# Four pauses, as many as maxReceiveCount 5 allows, are longer than that grace: a message about a row that was rolled
# back ends quietly and never as a dead letter.
FIRST_PAUSE_SECONDS = 2
PAUSE_GROWTH = 5
LONGEST_PAUSE_SECONDS = 15 * 60
# Of the invocation's time, kept for postponing what there was no time for.
MARGIN_SECONDS = 5.0

Message = TypeVar("Message", bound=QueueMessage)


def batch_handler(
    message_type: type[Message], handle: Callable[[Message, float], None]
) -> "Callable[[dict[str, Any], Any], PartialItemFailureResponse]":
    """A Lambda handler that feeds `handle` with each message of a batch and its age in seconds."""

    def process(record: SQSRecord) -> None:
        try:
            message = message_type.model_validate_json(record.body)
        except ValidationError as error:
            _move_to_dead_letter_queue(record, f"not a {message_type.__name__}: {error.error_count()} faults")
            return
        try:
            handle(message, _age_seconds(record))
        except (RetryLater, Unavailable) as error:
            pause = _postpone(record)
            logger().warning(
                "message postponed",
                extra={"message_id": record.message_id, "reason": str(error), "pause_seconds": pause},
            )
            raise
        except PermanentFailure as error:
            _move_to_dead_letter_queue(record, str(error))
        except Exception:
            logger().exception("message failed", extra={"message_id": record.message_id})
            raise

    def handler(event: dict[str, Any], context: Any) -> "PartialItemFailureResponse":
        logger().set_correlation_id(getattr(context, "aws_request_id", None))
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        with deadline(_seconds_of(context)):
            return process_partial_response(event=event, record_handler=process, processor=processor, context=context)

    return traced(handler)


def retry_until_committed(what: str, age_seconds: float) -> None:
    """What to do about a row that is not there: raises Again while its transaction may not have committed yet."""
    if age_seconds < COMMIT_GRACE_SECONDS:
        raise RetryLater(f"{what} is not there yet")
    logger().info("message about nothing is done", extra={"what": what})


def _seconds_of(context: Any) -> float:
    """What the invocation may use of its time."""
    return float(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)


def _age_seconds(record: SQSRecord) -> float:
    """Return the message's age by the database's clock, since a wrong clock would give the message up too early."""
    return clock.get_now(database()).timestamp() - int(record.attributes.sent_timestamp) / 1000


def _postpone(record: SQSRecord) -> int:
    """Have the message back sooner than its visibility timeout says; the pause chosen, in seconds."""
    received: int = int(record.attributes.approximate_receive_count)
    pause: int = min(FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** (received - 1), LONGEST_PAUSE_SECONDS)
    queue_url = settings.read(settings.WorkerSettings).queue_url
    within(
        SEND_SECONDS,
        lambda: sqs_client().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=record.receipt_handle, VisibilityTimeout=pause
        ),
    )
    return pause


def _move_to_dead_letter_queue(record: SQSRecord, reason: str) -> None:
    """Send a message no retry can help to the dead-letter queue, where an alarm and a person wait."""
    from botocore.exceptions import BotoCoreError, ClientError

    dead_letters = settings.read(settings.WorkerSettings).dead_letter_queue_url
    logger().error("message buried", extra={"message_id": record.message_id, "reason": reason})
    try:
        within(
            SEND_SECONDS,
            lambda: sqs_client().send_message(
                QueueUrl=dead_letters,
                MessageBody=record.body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:200]}},
            ),
        )
    except (BotoCoreError, ClientError, TimeoutError) as error:
        raise QueueUnavailable(f"dead-letter queue: {type(error).__name__}") from error
