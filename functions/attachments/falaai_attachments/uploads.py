"""Announce an upload, read an attachment and delete it. Functions that read a row raise NotFound without one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from falaai import rate_limits
from falaai.attachment_files import UPLOADS
from falaai.database import Database, Statements
from falaai.errors import DailyUploadsReached, FileTooLarge, NotFound, NotSignedIn, QueueUnavailable
from falaai.logs import logger
from falaai.queue_messages import CleanupRequested
from falaai.queues import Queues
from falaai.repositories import attachments, file_deletions, usage, users
from falaai.repositories.attachments import AttachedFile
from falaai.repositories.sessions import Session
from falaai.sao_paulo import day_of, next_midnight, seconds_until
from falaai.secret_tokens import new_token
from falaai_attachments.object_store import UPLOAD_SECONDS, ObjectStore
from falaai_attachments.schemas import UploadInput

MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class AllowedUpload:
    """Address and fields of the form that uploads one file. `expires_at` is naive UTC."""

    attachment_id: int
    url: str
    fields: dict[str, str]
    expires_at: datetime


def request_upload(
    database: Database, store: ObjectStore, session: Session, wanted: UploadInput, daily_bytes: int
) -> AllowedUpload:
    """Store an attachment that is being uploaded, and allow its upload.

    The declared size counts for the user's day at once and is not given back: an allowed upload may happen.
    Raises FileTooLarge, DailyUploadsReached, TooManyRequests, NotSignedIn, DatabaseUnavailable.
    """
    if wanted.tamanho > MAX_BYTES:
        raise FileTooLarge(f"{wanted.tamanho} bytes")
    rate_limits.take(database, rate_limits.UPLOADS_AN_HOUR, session.user_id)
    key = f"{UPLOADS}{session.user_id}/{new_token()}"

    def add(sql: Statements) -> int:
        # The lock makes the upload and the deletion of the account run one after the other.
        if not users.lock_user(sql, session.user_id):
            raise NotSignedIn("the account is gone")
        _take_bytes(sql, session, wanted.tamanho, daily_bytes)
        return attachments.add_attachment(sql, session.user_id, key, wanted.nome, wanted.tamanho)

    attachment_id = database.transaction(add)
    form = store.allow_upload(key, wanted.tamanho)
    expires_at = session.now + timedelta(seconds=UPLOAD_SECONDS)
    return AllowedUpload(attachment_id, form["url"], form["fields"], expires_at)


def _take_bytes(sql: Statements, session: Session, size: int, daily_bytes: int) -> None:
    """Count bytes for the user's day. Raises DailyUploadsReached; the caller's transaction is rolled back."""
    if usage.add_uploaded(sql, session.user_id, day_of(session.now), size) > daily_bytes:
        midnight = next_midnight(session.now)
        error = DailyUploadsReached(seconds_until(midnight, session.now))
        raise error.about(resets_at=midnight.isoformat(), limite=daily_bytes // (1024 * 1024))


def get_attachment(sql: Statements, session: Session, attachment_id: int) -> AttachedFile:
    """Return an attachment of the session's user, unless its conversation is deleted."""
    found = attachments.find_attachment(sql, session.user_id, attachment_id)
    if found is None:
        raise NotFound("attachment")
    return found


def delete_attachment(
    database: Database, store: ObjectStore, queues: Queues, session: Session, attachment_id: int
) -> None:
    """Delete an unsent attachment, or the file of a sent one. The cleanup deletes a file without another use."""
    found = get_attachment(database, session, attachment_id)
    upload_key, file_id = found.attachment.upload_key, found.attachment.file_id

    def delete(sql: Statements) -> None:
        if not attachments.delete_unsent_attachment(sql, session.user_id, attachment_id):
            attachments.update_deleted(sql, session.user_id, attachment_id)
        if file_id is not None:
            file_deletions.set_unchecked(sql, [file_id])

    database.transaction(delete)
    if upload_key:
        store.delete_upload(upload_key)
    if file_id is not None:
        try:
            queues.send(CleanupRequested(only="unused_files"))
        except QueueUnavailable as error:  # the daily cleanup deletes the file too
            logger().warning("deletion of a file not requested", extra={"reason": str(error)})
