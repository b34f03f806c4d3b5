"""Move the messages of a dead-letter queue back to its queue: python -m operations.replay Email

Each message is sent first and deleted afterwards. An interrupted replay may send a message twice, which workers
accept, but it loses none. SQS's own redrive refuses messages that a worker sent to the dead-letter queue itself.
"""

import sys

from operations.stack import client, physical_id

# Attribute that joins the log lines of a job with those of its request.
CORRELATION_ID = "correlation_id"
QUEUES = ("Cleanup", "Email", "Export", "Memory", "Titles")


def replay(name: str) -> int:
    """Send the messages of one dead-letter queue back. Returns their number."""
    sqs, dead_letters, source = client("sqs"), physical_id(f"{name}DeadLetterQueue"), physical_id(f"{name}Queue")
    total = 0
    # Messages that fail again arrive in the dead-letter queue as new ones; they wait for the next replay.
    waiting = int(
        sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"][
            "ApproximateNumberOfMessages"
        ]
    )
    while total < waiting:
        got = sqs.receive_message(
            QueueUrl=dead_letters, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=[CORRELATION_ID]
        )
        if "Messages" not in got:
            break
        for message in got["Messages"]:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=source, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            total += 1
    return total


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:
        print(f"replay: name one queue: {', '.join(QUEUES)}", file=sys.stderr)
        return 1
    print(f"replay: {replay(sys.argv[1])} messages sent back to {sys.argv[1]}Queue")
    return 0


if __name__ == "__main__":
    sys.exit(main())
