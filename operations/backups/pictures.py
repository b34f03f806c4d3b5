"""Profile pictures in a backup: rows of key, media type and bytes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from falaai.database import Statements
from falaai.repositories import users
from operations.backups.archive import decode, encode
from operations.deployment import client

NAME = "pictures.objects"
_PREFIX = "pictures/"
_AT_ONCE = 16
# Largest number of pictures held in memory at once.
_WINDOW = 4 * _AT_ONCE


class PictureBucket:
    """The bucket of a deployment."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3: Any = client("s3", Config(max_pool_connections=_AT_ONCE))

    def read(self) -> Iterator[bytes]:
        """Yield all pictures as JSON lines. A picture that is deleted meanwhile is left out."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_PREFIX)
        keys = (one["Key"] for page in pages for one in page.get("Contents", []))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := list(islice(keys, _WINDOW)):
                yield from filter(None, pool.map(self._get, some))

    def restore(self, lines: Iterator[bytes], sql: Statements) -> int:
        """Store the pictures that an account uses. Returns their number."""
        stored = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := [decode(line) for line in islice(lines, _WINDOW)]:
                used = users.list_pictures_in_use(sql, [key for key, _, _ in some])
                stored += len(list(pool.map(self._put, [one for one in some if one[0] in used])))
        return stored

    def _get(self, key: str) -> bytes:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return b""
            raise
        return encode([key, found["ContentType"], found["Body"].read()])

    def _put(self, picture: list[Any]) -> None:
        key, media_type, content = picture
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=media_type)
