"""Reading attached files for the model, from the bucket that only our functions write.

Files of INLINE_BYTES together go along with the request. Larger ones go as signed addresses, from which Google reads
them itself, so that the memory of a function stays bounded. Bytes other than those that were checked are not sent.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from falaai import settings
from falaai.deadlines import seconds_left
from falaai.errors import FileMissing, FilesUnavailable
from falaai.language_model import MediaFile
from falaai.repositories.files import StoredFile
from falaai.repositories.sent_attachments import SentFile
from falaai.s3 import S3Failed, call_s3, find_object

# Bytes of all files inside one request. Base64 makes them a third longer.
INLINE_BYTES = 15 * 1024 * 1024
# Time limit for reading all files of a question: its user is waiting.
READ_SECONDS = 8.0
# Google reads an address at once. It may be long for a large file, and the request may be repeated.
URI_SECONDS = 600


@dataclass(frozen=True)
class NamedFile:
    """A stored file under the name that its user gave it."""

    name: str
    file: StoredFile


@dataclass(frozen=True)
class FilesOfReply:
    """The files for one reply: those that the model reads, and those that it knows by a digest, newest first.

    `without_digest` are the ids of the files whose digest is to be requested after the reply.
    """

    read: tuple[NamedFile, ...] = ()
    noted: tuple[SentFile, ...] = ()
    without_digest: tuple[int, ...] = ()


class FileStore(Protocol):
    def read(self, files: Sequence[NamedFile]) -> tuple[MediaFile, ...]:
        """Return the files for the model, in the same order.

        Raises FilesUnavailable if the store does not answer within READ_SECONDS, and FileMissing.
        """
        ...


class S3Files:
    """The real store: the bucket of the settings, which are read at the first use."""

    def read(self, files: Sequence[NamedFile]) -> tuple[MediaFile, ...]:
        bucket = settings.read(settings.PictureSettings).pictures_bucket
        ends_at = time.monotonic() + seconds_left(READ_SECONDS)
        linked = linked_files([one.file for one in files])
        return tuple(
            _linked(bucket, one) if one.file.id in linked else _inline(bucket, one, ends_at) for one in files
        )


def linked_files(files: Sequence[StoredFile]) -> set[int]:
    """Return the ids of the files that go as addresses: the largest ones, until the others fit into a request."""
    total, linked = sum(file.size for file in files), set[int]()
    for file in sorted(files, key=lambda one: one.size, reverse=True):
        if total <= INLINE_BYTES:
            break
        linked.add(file.id)
        total -= file.size
    return linked


def _inline(bucket: str, named: NamedFile, ends_at: float) -> MediaFile:
    file = named.file
    try:
        data = find_object(bucket, file.key, max(0.0, ends_at - time.monotonic()))
    except S3Failed as error:
        raise FilesUnavailable(f"file {file.id}: {error}") from error
    if data is None:
        raise FileMissing(f"file {file.id} is not in the bucket")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise FileMissing(f"file {file.id} has other bytes than those that were checked")
    return MediaFile(named.name, file.kind, file.media_type, data=data)


def _linked(bucket: str, named: NamedFile) -> MediaFile:
    """Sign an address of the object. It needs no request to S3."""
    file = named.file
    where = {"Bucket": bucket, "Key": file.key}
    try:
        uri = call_s3(lambda s3: s3.generate_presigned_url("get_object", Params=where, ExpiresIn=URI_SECONDS))
    except S3Failed as error:
        raise FilesUnavailable(f"file {file.id}: {error}") from error
    return MediaFile(named.name, file.kind, file.media_type, uri=uri)
