"""Table `anexos`: the uses of files. An upload belongs to no message until it is sent with one.

A new version of a question gets rows of its own, so that each message is deleted with its rows.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Attachments of one message.
MOST_PER_MESSAGE = 5
# Hours after which an upload that was not sent is deleted.
UNSENT_HOURS = 24


class State(StrEnum):
    """State of an attachment, as stored in the database. DELETED: its message stays, without the file."""

    UPLOADING = "enviando"
    READY = "pronto"
    REFUSED = "recusado"
    DELETED = "apagado"


@dataclass(frozen=True)
class Attachment:
    """One use of a file.

    `message_id` and `conversation_id` are None until it is sent. `file_id` is None until the content was checked.
    `upload_key` is the key of the uploaded object. `size` is in bytes. `reason` is the code of a refusal.
    `created_at` is naive UTC.
    """

    id: int
    user_id: int
    file_id: int | None
    conversation_id: int | None
    message_id: int | None
    position: int
    upload_key: str | None
    name: str
    size: int
    state: State
    reason: str | None
    created_at: datetime
