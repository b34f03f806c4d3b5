"""The objects of attached files in S3: permission for one upload, checked files, their previews and links."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from falaai import settings
from falaai.attachment_files import keys_of
from falaai.errors import AttachmentsUnavailable
from falaai.logs import logger
from falaai.s3 import S3Failed, call_s3, delete_object, find_object, s3_client

UPLOAD_SECONDS = 10 * 60
LINK_SECONDS = 5 * 60
# The browser names this type for every upload: the declared type of a file is only a hint.
UPLOAD_TYPE = "application/octet-stream"
_CHUNK = 256 * 1024
# S3's errors for a missing object. Without the permission ListBucket it answers AccessDenied.
_MISSING = ("NoSuchKey", "AccessDenied")


class ObjectStore:
    """Objects in one bucket. Every method that calls S3 may raise AttachmentsUnavailable."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def allow_upload(self, key: str, size: int) -> dict[str, Any]:
        """Return `url` and `fields` of a form that uploads at most `size` bytes to this key, for UPLOAD_SECONDS."""
        return s3_client().generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": UPLOAD_TYPE},
            Conditions=[{"Content-Type": UPLOAD_TYPE}, ["content-length-range", 1, size]],
            ExpiresIn=UPLOAD_SECONDS,
        )

    def download(self, key: str, to: Path, at_most: int) -> int | None:
        """Write an object to a file, at most `at_most` bytes of it. Returns the object's size, or None if missing."""

        def read(s3: Any) -> int:
            answer = s3.get_object(Bucket=self._bucket, Key=key)
            left = at_most
            with to.open("wb") as file:
                while left and (piece := answer["Body"].read(min(_CHUNK, left))):
                    file.write(piece)
                    left -= len(piece)
            return int(answer["ContentLength"])

        try:
            return call_s3(read)
        except S3Failed as error:
            if str(error) in _MISSING:
                return None
            raise AttachmentsUnavailable(str(error)) from error

    def add(self, key: str, file: Path, media_type: str) -> None:
        def write(s3: Any) -> None:
            with file.open("rb") as body:
                s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=media_type)

        try:
            call_s3(write)
        except S3Failed as error:
            raise AttachmentsUnavailable(str(error)) from error

    def find(self, key: str) -> bytes | None:
        try:
            return find_object(self._bucket, key)
        except S3Failed as error:
            raise AttachmentsUnavailable(str(error)) from error

    def link(self, key: str, name: str, media_type: str, *, is_inline: bool) -> str:
        """Return an address that works for LINK_SECONDS, without a session."""
        place = "inline" if is_inline else "attachment"
        return s3_client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": media_type,
                "ResponseContentDisposition": f"{place}; filename*=UTF-8''{quote(name, safe='')}",
            },
            ExpiresIn=LINK_SECONDS,
        )

    def delete_upload(self, key: str) -> None:
        """Delete an upload. If this fails, log it: the bucket itself deletes uploads after a day."""
        self._delete([key])

    def delete_file(self, key: str) -> None:
        """Delete a file that has no row, and its previews. If this fails, the daily cleanup deletes them."""
        self._delete(keys_of(key))

    def _delete(self, keys: list[str]) -> None:
        try:
            for key in keys:
                delete_object(self._bucket, key)
        except S3Failed as error:
            logger().warning("attachment object not deleted", extra={"reason": str(error)})


@cache
def object_store() -> ObjectStore:
    """Return the process's store for the bucket of the settings."""
    return ObjectStore(settings.read(settings.PictureSettings).pictures_bucket)
