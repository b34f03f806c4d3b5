"""Previews of attached images, and links to attached files."""

from enum import StrEnum

from falaai.attachment_files import SCREEN, SMALL
from falaai.database import Database
from falaai.errors import NotFound
from falaai.repositories.attachments import AttachedFile, State
from falaai.repositories.files import Kind, StoredFile
from falaai.repositories.sessions import Session
from falaai_attachments.object_store import ObjectStore
from falaai_attachments.uploads import get_attachment

PREVIEW_TYPE = "image/webp"


class PreviewSize(StrEnum):
    """Sizes of a preview in the query of a request."""

    SMALL = "miniatura"
    SCREEN = "tela"


_ENDINGS = {PreviewSize.SMALL: SMALL, PreviewSize.SCREEN: SCREEN}


def read_preview(
    database: Database, store: ObjectStore, session: Session, attachment_id: int, size: PreviewSize
) -> bytes:
    """Return a preview of an image. Raises NotFound for every other attachment, and AttachmentsUnavailable."""
    file = _file_of(get_attachment(database, session, attachment_id))
    preview = store.find(file.key + _ENDINGS[size]) if file.kind is Kind.IMAGE else None
    if preview is None:
        raise NotFound("preview")
    return preview


def link_to_file(
    database: Database, store: ObjectStore, session: Session, attachment_id: int, *, is_inline: bool
) -> str:
    """Return a short-lived address of the stored file. Raises NotFound if there is none."""
    found = get_attachment(database, session, attachment_id)
    file = _file_of(found)
    media_type = f"{file.media_type}; charset=utf-8" if file.kind is Kind.TEXT else file.media_type
    return store.link(file.key, found.attachment.name, media_type, is_inline=is_inline)


def _file_of(found: AttachedFile) -> StoredFile:
    if found.attachment.state is not State.READY or found.file is None:
        raise NotFound("file")
    return found.file
