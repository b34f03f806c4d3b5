"""Runs the cleanup: on schedule, and again by queue message if its time ran out."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

# This import is first: if Pydantic is imported before Powertools, Powertools also imports its parser in 15 ms.
from falaai.batches import MARGIN_SECONDS, batch_handler  # isort: skip

from falaai import settings
from falaai.database import database
from falaai.deadlines import deadline, seconds_left
from falaai.logs import correlate, logger
from falaai.metrics import count
from falaai.queue_messages import CleanupRequested
from falaai.queues import queues, send_message
from falaai.repositories import file_deletions, temporary_conversations
from falaai_cleanup.attached_files import delete_files_of_user, delete_unused_files
from falaai_cleanup.orphaned_objects import KINDS, count_orphans, delete_orphans
from falaai_cleanup.tasks import (
    CLOSED_ACCOUNTS,
    DELETED_CONVERSATIONS,
    TEMPORARY_CONVERSATIONS,
    CleanupTask,
    ConversationsTask,
    clean_up,
    preview,
)

# Seconds reserved for the running batch and for sending the message that continues the cleanup.
LAST_BATCH_SECONDS = 10.0
# Largest number of continuations of one cleanup: about an hour. After 16, Lambda would end the loop without our log
# message.
MOST_ROUNDS = 12
# Tasks of messages that do not request the whole cleanup. After them, files without a use are deleted.
_ONLY: dict[str, tuple[CleanupTask | ConversationsTask, ...]] = {
    "deleted_conversations": (DELETED_CONVERSATIONS,),
    "unused_files": (),
    "closed_account": (CLOSED_ACCOUNTS,),
    "temporary_conversations": (TEMPORARY_CONVERSATIONS,),
}


def handle(event: dict[str, Any], context: Any) -> Any:
    """Delete and return the number of rows by kind. With {"dry_run": true} only count them.

    With {"only": task} run only that task, as the schedule of each hour does.
    """
    if "Records" in event:
        return _handle_messages(event, context)
    correlate(context.aws_request_id)
    with deadline(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS):
        if "only" in event:
            return _clean_up_only(CleanupRequested.model_validate(event))
        return _preview() if event.get("dry_run") else _clean_up(0)


def _has_time() -> bool:
    return seconds_left(3600) > LAST_BATCH_SECONDS


def _clean_up(finished_rounds: int) -> dict[str, int]:
    """Run the tasks until time runs out. Raises an ExceptionGroup of the errors of the tasks that failed.

    After a failure no message continues the cleanup: Lambda retries the event or message by itself.
    """
    _report_overdue()
    cleaned = clean_up(database(), settings.read(settings.RetentionSettings).retention_days, _has_time)
    rows, errors = {**cleaned.rows}, [*cleaned.errors]
    if cleaned.is_done:
        bucket = settings.read(settings.PictureSettings).pictures_bucket
        for name, delete in _object_tasks(bucket):
            try:
                rows[name] = delete()
            except Exception as error:  # noqa: BLE001 - raised below, with the errors of other tasks
                logger().exception("cleanup task failed", extra={"task": name})
                errors.append(error)
    elif not errors:
        _request_next_round(CleanupRequested(round=finished_rounds + 1))
    logger().info("cleanup finished", extra={**rows, "is_done": cleaned.is_done})
    if errors:
        raise ExceptionGroup("cleanup tasks failed", errors)
    if cleaned.is_done:
        count("CleanupFinished")
    return rows


def _object_tasks(bucket: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """Yield the name and the work of each task that deletes objects."""
    yield "unused_files", lambda: delete_unused_files(database(), bucket, _has_time)[0]
    for kind in KINDS:
        yield kind.name, partial(delete_orphans, database(), bucket, kind, _has_time)


def _report_overdue() -> None:
    """Put a message into the dead-letter queue, which has an alarm, if temporary conversations are a day old.

    An error would not do: the retry finds nothing left to delete, and ends well. The message may be replayed.
    """
    overdue = temporary_conversations.count_overdue(database())
    if not overdue:
        return
    logger().error("temporary conversations were kept for a day", extra={"conversations": overdue})
    body = CleanupRequested(only="temporary_conversations").model_dump_json()
    reason = "temporary conversations were kept for a day"
    send_message(settings.read(settings.WorkerSettings).dead_letter_queue_url, body, reason)


def _clean_up_only(message: CleanupRequested) -> dict[str, int]:
    """Run the task that the message names, and nothing else. Raises an ExceptionGroup if it failed."""
    if message.only == "temporary_conversations":
        _report_overdue()
    done = clean_up(database(), 0, _has_time, _ONLY.get(message.only or "", ()))
    if done.errors:
        raise ExceptionGroup("erasure failed", done.errors)
    bucket = settings.read(settings.PictureSettings).pictures_bucket
    rows, is_done = {**done.rows}, done.is_done
    rows["unused_files"], files_are_done = delete_unused_files(database(), bucket, _has_time)
    is_done = is_done and files_are_done
    if message.user_id is not None and is_done:
        rows["objects"], is_done = delete_files_of_user(database(), bucket, message.user_id, _has_time)
    if not is_done:
        _request_next_round(message.model_copy(update={"round": message.round + 1}))
    logger().info("erasure finished", extra={**rows, "is_done": is_done})
    return rows


def _request_next_round(message: CleanupRequested) -> None:
    """Continue by a queue message. After MOST_ROUNDS stop, so that no fault keeps the cleanup running for ever."""
    if message.round <= MOST_ROUNDS:
        queues().send(message)
        return
    logger().error("cleanup stopped before its end", extra={"rounds": MOST_ROUNDS})
    count("CleanupStopped")


def _preview() -> dict[str, int]:
    bucket = settings.read(settings.PictureSettings).pictures_bucket
    rows = preview(database(), settings.read(settings.RetentionSettings).retention_days)
    rows["unused_files"] = file_deletions.count_unused(database())
    return {**rows, **{kind.name: count_orphans(database(), bucket, kind) for kind in KINDS}}


def _continue(message: CleanupRequested, _age_seconds: float) -> None:
    if message.only:
        _clean_up_only(message)
    else:
        _clean_up(message.round)


_handle_messages = batch_handler(CleanupRequested, _continue)
