"""Runs the cleanup: on schedule, and again by queue message if its time ran out."""

from typing import Any, Literal

# This import is first: if Pydantic is imported before Powertools, Powertools also imports its parser in 15 ms.
from falaai.batches import MARGIN_SECONDS, batch_handler  # isort: skip

from falaai import settings
from falaai.database import database
from falaai.deadlines import deadline, seconds_left
from falaai.logs import correlate, logger
from falaai.metrics import count
from falaai.queue_messages import CleanupRequested
from falaai.queues import queues
from falaai_cleanup.orphaned_objects import KINDS, count_orphans, delete_orphans
from falaai_cleanup.tasks import DELETED_CONVERSATIONS, clean_up, preview

# Seconds reserved for the running batch and for sending the message that continues the cleanup.
LAST_BATCH_SECONDS = 10.0
# Largest number of continuations of one cleanup: about an hour. After 16, Lambda would end the loop without our log
# message.
MOST_ROUNDS = 12


def handle(event: dict[str, Any], context: Any) -> Any:
    """Delete and return the number of rows by kind. With {"dry_run": true} only count them."""
    if "Records" in event:
        return _handle_messages(event, context)
    correlate(context.aws_request_id)
    with deadline(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS):
        return _preview() if event.get("dry_run") else _clean_up(0)


def _has_time() -> bool:
    return seconds_left(3600) > LAST_BATCH_SECONDS


def _clean_up(finished_rounds: int) -> dict[str, int]:
    """Run the tasks until time runs out. Raises an ExceptionGroup of the errors of the tasks that failed.

    After a failure no message continues the cleanup: Lambda retries the event or message by itself.
    """
    cleaned = clean_up(database(), settings.read(settings.RetentionSettings).retention_days, _has_time)
    rows, errors = {**cleaned.rows}, [*cleaned.errors]
    if cleaned.is_done:
        bucket = settings.read(settings.PictureSettings).pictures_bucket
        for kind in KINDS:
            try:
                rows[kind.name] = delete_orphans(database(), bucket, kind, _has_time)
            except Exception as error:  # noqa: BLE001 - raised below, with the errors of other tasks
                logger().exception("cleanup task failed", extra={"task": kind.name})
                errors.append(error)
    elif not errors:
        _request_next_round(finished_rounds + 1)
    logger().info("cleanup finished", extra={**rows, "is_done": cleaned.is_done})
    if errors:
        raise ExceptionGroup("cleanup tasks failed", errors)
    if cleaned.is_done:
        count("CleanupFinished")
    return rows


def _erase_deleted(finished_rounds: int) -> None:
    """Delete the rows of deleted conversations, and nothing else. Raises an ExceptionGroup if that failed."""
    erased = clean_up(database(), 0, _has_time, [DELETED_CONVERSATIONS])
    if erased.errors:
        raise ExceptionGroup("erasure failed", erased.errors)
    if not erased.is_done:
        _request_next_round(finished_rounds + 1, "deleted_conversations")
    logger().info("erasure finished", extra={**erased.rows, "is_done": erased.is_done})


def _request_next_round(number: int, only: Literal["deleted_conversations"] | None = None) -> None:
    """Continue by a queue message. After MOST_ROUNDS stop, so that no fault keeps the cleanup running for ever."""
    if number <= MOST_ROUNDS:
        queues().send(CleanupRequested(round=number, only=only))
        return
    logger().error("cleanup stopped before its end", extra={"rounds": MOST_ROUNDS})
    count("CleanupStopped")


def _preview() -> dict[str, int]:
    bucket = settings.read(settings.PictureSettings).pictures_bucket
    rows = preview(database(), settings.read(settings.RetentionSettings).retention_days)
    return {**rows, **{kind.name: count_orphans(database(), bucket, kind) for kind in KINDS}}


def _continue(message: CleanupRequested, _age_seconds: float) -> None:
    if message.only:
        _erase_deleted(message.round)
    else:
        _clean_up(message.round)


_handle_messages = batch_handler(CleanupRequested, _continue)
