"""Objects of the bucket in a backup, profile pictures and attached files: rows of key, media type and bytes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from falaai.attachment_files import ATTACHMENTS, file_key_of
from falaai.database import Statements
from falaai.repositories import file_deletions, users
from operations.backups.archive import decode, encode
from operations.deployment import client

_AT_ONCE = 16
# Largest number of objects held in memory at once, and of their bytes; one object may have more.
_WINDOW = 4 * _AT_ONCE
_WINDOW_BYTES = 32 * 2**20


def _files_in_use(sql: Statements, keys: Sequence[str]) -> set[str]:
    """Return the keys of files that have a row, and those of their previews."""
    used = file_deletions.list_keys_in_use(sql, sorted({file_key_of(key) for key in keys}))
    return {key for key in keys if file_key_of(key) in used}


@dataclass(frozen=True)
class Objects:
    """One kind of objects: its content's name in a backup, and the keys that rows refer to."""

    name: str
    noun: str
    prefix: str
    used: Callable[[Statements, Sequence[str]], set[str]]


PICTURES = Objects("pictures.objects", "pictures", "pictures/", users.list_pictures_in_use)
FILES = Objects("attachments.objects", "objects of attachments", ATTACHMENTS, _files_in_use)
KINDS = (PICTURES, FILES)


class PictureBucket:
    """The bucket of a deployment."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3: Any = client("s3", Config(max_pool_connections=_AT_ONCE))

    def read(self, kind: Objects) -> Iterator[bytes]:
        """Yield all objects of a kind as JSON lines. An object that is deleted meanwhile is left out."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=kind.prefix)
        listed = ((one["Key"], one["Size"]) for page in pages for one in page.get("Contents", []))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in _windows(listed):
                yield from filter(None, pool.map(self._get, some))

    def restore(self, kind: Objects, lines: Iterator[bytes], sql: Statements) -> int:
        """Store the objects of a kind that a row refers to. Returns their number."""
        stored = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in _windows((line, len(line)) for line in lines):
                objects = [decode(line) for line in some]
                used = kind.used(sql, [key for key, _, _ in objects])
                stored += len(list(pool.map(self._put, [one for one in objects if one[0] in used])))
        return stored

    def _get(self, key: str) -> bytes:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return b""
            raise
        return encode([key, found["ContentType"], found["Body"].read()])

    def _put(self, stored: list[Any]) -> None:
        key, media_type, content = stored
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=media_type)


def _windows(sized: Iterator[tuple[Any, int]]) -> Iterator[list[Any]]:
    """Yield the items together, as many as memory may hold at once."""
    some, size = list[Any](), 0
    for item, of_item in sized:
        if some and (len(some) == _WINDOW or size + of_item > _WINDOW_BYTES):
            yield some
            some, size = [], 0
        some.append(item)
        size += of_item
    if some:
        yield some
