"""SQS event source mappings: send the messages of a queue to a function."""

import asyncio
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from devcloud.concurrency import to_thread
from devcloud.console import Console
from devcloud.errors import FunctionError
from devcloud.function_pool import FunctionPool
from devcloud.template import QueueTrigger

LONG_POLL_SECONDS = 20
BATCHES_IN_FLIGHT = 2
_RETRY_SECONDS = 2


class QueuePoller:
    """Poller of one queue that invokes one function with its messages."""

    def __init__(
        self,
        trigger: QueueTrigger,
        queue_url: str,
        region: str,
        sqs: Any,
        pool: FunctionPool,
        console: Console,
    ) -> None:
        self._trigger = trigger
        self._queue_url = queue_url
        self._region = region
        self._sqs = sqs
        self._pool = pool
        self._console = console
        self._free = asyncio.Semaphore(min(trigger.max_concurrency or BATCHES_IN_FLIGHT, BATCHES_IN_FLIGHT))

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as batches:
            while True:
                await self._free.acquire()
                messages = await self._receive()
                if messages:
                    batches.create_task(self._process_and_free(messages))
                else:
                    self._free.release()

    async def _receive(self) -> list[dict[str, Any]]:
        try:
            answer = await to_thread(
                self._sqs.receive_message,
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=min(self._trigger.batch_size, 10),
                WaitTimeSeconds=LONG_POLL_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            self._console.error(f"receiving from {self._trigger.queue} failed: {error}")
            await asyncio.sleep(_RETRY_SECONDS)
            return []
        return list(answer.get("Messages", []))

    async def _process_and_free(self, messages: list[dict[str, Any]]) -> None:
        try:
            await self._process(messages)
        except (BotoCoreError, ClientError) as error:
            # SQS delivers these messages again after their visibility timeout.
            self._console.error(f"deleting messages from {self._trigger.queue} failed: {error}")
        finally:
            self._free.release()

    async def _process(self, messages: list[dict[str, Any]]) -> None:
        try:
            answer = await self._pool.invoke(sqs_event(messages, self._trigger.queue_arn, self._region))
        except FunctionError:
            return  # The pool has logged the failure; SQS delivers all messages again.
        failed = failed_messages(answer, messages) if self._trigger.reports_batch_item_failures else set()
        done = [message for message in messages if message["MessageId"] not in failed]
        if done:
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(done)
            ]
            await to_thread(self._sqs.delete_message_batch, QueueUrl=self._queue_url, Entries=entries)
        if failed:
            count = f"{len(failed)} of {len(messages)} messages"
            self._console.log(
                self._trigger.queue,
                f"WARNING {self._trigger.function} reported {count} as failed; SQS delivers them again",
            )


def sqs_event(messages: list[dict[str, Any]], queue_arn: str, region: str) -> dict[str, Any]:
    """Build the Lambda event for received messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {
                    name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": region,
            }
            for message in messages
        ]
    }


def failed_messages(answer: Any, messages: list[dict[str, Any]]) -> set[str]:
    """Return the ids that the function reported as failed. A malformed report counts as failure of all messages."""
    everything = {message["MessageId"] for message in messages}
    failures = (answer or {}).get("batchItemFailures") if isinstance(answer, dict | None) else everything
    if not failures:
        return set()
    if not isinstance(failures, list):
        return everything
    reported = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures}
    return {str(name) for name in reported} if reported <= everything else everything


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a message attribute to Lambda's spelling: keys begin in lower case."""
    return {name[:1].lower() + name[1:]: item for name, item in value.items()}
