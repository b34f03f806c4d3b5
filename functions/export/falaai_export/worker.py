"""Builds the archive of a user's data and announces it by email."""

from contextlib import suppress

from falaai import settings
from falaai.batches import retry_until_committed
from falaai.database import Database, Statements, database
from falaai.errors import DatabaseUnavailable, RetryLater
from falaai.logs import logger
from falaai.queue_messages import EmailRequested, ExportRequested
from falaai.queues import Queues, queues
from falaai.repositories import exports
from falaai.repositories.exports import State
from falaai_export.archive import write_archive
from falaai_export.archive_store import ArchiveStore


def handle(message: ExportRequested, age_seconds: float) -> None:
    """Handle one queue message with the database, the queues and the bucket of this process."""
    store = ArchiveStore(settings.read(settings.PictureSettings).pictures_bucket)
    export_data(database(), queues(), store, message, age_seconds)


def export_data(
    database: Database, queues: Queues, store: ArchiveStore, message: ExportRequested, age_seconds: float
) -> None:
    """Write the archive, store that it is ready, and request the email. A repeated try overwrites the same object.

    Raises RetryLater and DatabaseUnavailable. If the account is deleted meanwhile, nothing is left.
    """
    user_id, export_id = message.user_id, message.export_id
    attempt = exports.update_started(database, user_id, export_id)
    if attempt is None:
        _end_without_work(database, store, message, age_seconds)
        return
    try:
        size = write_archive(database, store, user_id, export_id)
        if not _finish(database, queues, message, size) and _is_withdrawn(database, message):
            store.delete(export_id)
    except Exception:
        if attempt >= exports.MOST_ATTEMPTS:
            with suppress(DatabaseUnavailable):  # without it, the page shows the failure later
                exports.update_failed(database, user_id, export_id)
        raise
    logger().info("export written", extra={"export_id": export_id, "bytes": size, "attempt": attempt})


def _finish(database: Database, queues: Queues, message: ExportRequested, size: int) -> bool:
    """Store that the file is ready, and request the email. Returns False if another try or a deletion came first."""

    def finish(sql: Statements) -> bool:
        if not exports.update_ready(sql, message.user_id, message.export_id, size):
            return False
        queues.send(EmailRequested(kind="exportacao", user_id=message.user_id))
        return True

    return database.transaction(finish)


def _is_withdrawn(database: Database, message: ExportRequested) -> bool:
    return exports.find_export(database, message.user_id, message.export_id) is None


def _end_without_work(database: Database, store: ArchiveStore, message: ExportRequested, age_seconds: float) -> None:
    """Handle a message whose request is finished, expired or deleted. If deleted, delete the file and its parts.

    Raises RetryLater if the request was committed just after the worker had looked for it.
    """
    export = exports.find_export(database, message.user_id, message.export_id)
    if export is None:
        store.delete(message.export_id)
        retry_until_committed(f"export {message.export_id}", age_seconds)
    elif export.state is not State.READY and not export.is_expired:
        raise RetryLater(f"export {message.export_id} was not committed yet")
