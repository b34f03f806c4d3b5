"""Check an uploaded file once, and store the checked bytes under a key that no browser can write.

The bytes that are hashed, checked and stored are those of one download. A later upload to the same key has no effect.
"""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from falaai import rate_limits
from falaai.attachment_files import ATTACHMENTS, SCREEN, SMALL
from falaai.database import Database, Statements
from falaai.errors import NotFound, UploadIncomplete
from falaai.logs import logger
from falaai.repositories import attachments, files
from falaai.repositories.attachments import AttachedFile, Attachment, State
from falaai.repositories.files import Kind, NewFile, StoredFile
from falaai.repositories.sessions import Session
from falaai.secret_tokens import new_token
from falaai_attachments.downloads import PREVIEW_TYPE
from falaai_attachments.inspector import FileRefused, Inspected, inspect
from falaai_attachments.object_store import ObjectStore
from falaai_attachments.uploads import get_attachment


def check_upload(database: Database, store: ObjectStore, session: Session, attachment_id: int) -> AttachedFile:
    """Check an upload that has ended. Returns the attachment, which is then READY or REFUSED.

    A repeated call returns the attachment unchanged.
    Raises UploadIncomplete, NotFound, TooManyRequests, AttachmentsUnavailable, DatabaseUnavailable.
    """
    found = get_attachment(database, session, attachment_id)
    attachment = found.attachment
    if attachment.state is not State.UPLOADING or attachment.upload_key is None:
        return found
    rate_limits.take(database, rate_limits.CHECKS_AN_HOUR, session.user_id)
    with TemporaryDirectory(prefix="attachment-") as name:
        folder = Path(name)
        source = folder / "source"
        size = store.download(attachment.upload_key, source, attachment.size)
        if size != attachment.size or source.stat().st_size != size:
            return _checked_meanwhile(database, session, attachment_id, f"{size} of {attachment.size} bytes")
        _attach(database, store, attachment, source, folder)
    store.delete_upload(attachment.upload_key)
    return get_attachment(database, session, attachment_id)


def _checked_meanwhile(database: Database, session: Session, attachment_id: int, problem: str) -> AttachedFile:
    """Return the attachment if another request has checked it and deleted the upload. Raises UploadIncomplete."""
    found = get_attachment(database, session, attachment_id)
    if found.attachment.state is State.UPLOADING:
        raise UploadIncomplete(problem)
    return found


def _attach(database: Database, store: ObjectStore, attachment: Attachment, source: Path, folder: Path) -> None:
    """Attach the file with these bytes: a stored one of the same user, or a new one."""
    origin = _sha256(source)
    if database.transaction(lambda sql: _attach_stored(sql, attachment, origin)):
        return
    try:
        inspected = inspect(source, folder)
    except FileRefused as refusal:
        # The log has the reason, but not the name of the file.
        logger().info("attachment refused", extra={"attachment_id": attachment.id, "reason": refusal.reason})
        attachments.update_refused(database, attachment.user_id, attachment.id, refusal.reason)
        return
    new = _store(store, attachment.user_id, origin, inspected)
    used = database.transaction(lambda sql: _attach_new(sql, attachment, new))
    if used is None or used.key != new.key:  # the same bytes arrived twice at once, or the attachment was deleted
        store.delete_file(new.key)


def _attach_stored(sql: Statements, attachment: Attachment, origin: str) -> StoredFile | None:
    """Attach a file that the user has stored before. Its lock prevents that the cleanup deletes it meanwhile."""
    file = files.lock_file_of_origin(sql, attachment.user_id, origin)
    if file is not None:
        attachments.update_ready(sql, attachment.user_id, attachment.id, file.id)
    return file


def _attach_new(sql: Statements, attachment: Attachment, new: NewFile) -> StoredFile | None:
    """Add the file, unless its bytes were stored meanwhile, and attach it. Returns the attached file, if any."""
    if not attachments.lock_uploading(sql, attachment.user_id, attachment.id):
        return None
    files.add_file(sql, new)
    file = _attach_stored(sql, attachment, new.origin_sha256)
    if file is None:
        raise NotFound("file")
    return file


def _store(store: ObjectStore, user_id: int, origin: str, inspected: Inspected) -> NewFile:
    """Store the checked bytes and the previews of an image under a new key."""
    key = f"{ATTACHMENTS}{user_id}/{new_token()}"
    facts = inspected.facts
    store.add(key, inspected.content, facts.media_type)
    if facts.kind is Kind.IMAGE:
        store.add(key + SMALL, inspected.small, PREVIEW_TYPE)
        store.add(key + SCREEN, inspected.screen, PREVIEW_TYPE)
    size = inspected.content.stat().st_size
    return NewFile(facts, user_id, origin, _sha256(inspected.content), key, size)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
