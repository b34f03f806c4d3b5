"""Storage of archives in S3. They are uploaded in parts, so that memory never holds a whole archive."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from falaai.errors import RetryLater
from falaai.export_files import key_of
from falaai.s3 import MISSING_CODES, S3Failed, call_s3, delete_object, find_object

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3 accepts 10,000 parts of 5 MB or more. With this size, an archive can have 80 GB.
PART_BYTES = 8 * 1024 * 1024
PART_SECONDS = 20
# Bytes of a file that are copied at a time.
PIECE_BYTES = 1024 * 1024

Result = TypeVar("Result")


class ArchiveStore:
    """Archives in a bucket. Every method raises RetryLater if S3 fails."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def find_picture(self, key: str) -> bytes | None:
        return _retried(lambda: find_object(self._bucket, key)) if key else None

    def open_file(self, key: str) -> Iterator[bytes] | None:
        """Return the pieces of an object's content, or None if there is no such object."""
        try:
            body = call_s3(lambda s3: s3.get_object(Bucket=self._bucket, Key=key)["Body"], PART_SECONDS)
        except S3Failed as error:
            if str(error) in MISSING_CODES:
                return None
            raise RetryLater(f"S3: {error}") from error
        return _pieces(body)

    def delete(self, export_id: int) -> None:
        """Delete an archive and the parts that a killed try has left."""
        self._abort_uploads(export_id)
        _retried(lambda: delete_object(self._bucket, key_of(export_id)))

    @contextmanager
    def upload(self, export_id: int) -> "Iterator[Upload]":
        """Upload all bytes that the block writes. If the block raises an error, no part is left."""
        self._abort_uploads(export_id)
        upload = Upload(self._bucket, key_of(export_id))
        try:
            yield upload
            upload.complete()
        except BaseException:
            with suppress(RetryLater):  # raise the first error; the bucket's lifecycle deletes the parts
                upload.abort()
            raise

    def _abort_uploads(self, export_id: int) -> None:
        """Delete the parts of earlier tries.

        An earlier try that still runs then fails, and its retry finds the file of this try.
        """
        key = key_of(export_id)
        found = _call(lambda s3: s3.list_multipart_uploads(Bucket=self._bucket, Prefix=key))
        for one in found.get("Uploads", []):
            _abort(self._bucket, key, one["UploadId"])


class Upload:
    """A write-only file. It uploads a part after each PART_BYTES."""

    def __init__(self, bucket: str, key: str) -> None:
        self.size = 0
        self._bucket, self._key = bucket, key
        self._buffer = bytearray()
        self._parts: list[CompletedPartTypeDef] = []
        created = _call(lambda s3: s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="application/zip"))
        self._id = created["UploadId"]

    def write(self, data: bytes, /) -> int:
        self._buffer += data
        self.size += len(data)
        if len(self._buffer) >= PART_BYTES:
            self._send_part()
        return len(data)

    def flush(self) -> None:
        """Do nothing: S3 accepts no part of less than 5 MB."""

    def close(self) -> None:
        """Do nothing: `complete` ends the upload."""

    def complete(self) -> None:
        """Upload the rest and make the object visible."""
        self._send_part()
        _call(
            lambda s3: s3.complete_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": self._parts}
            )
        )

    def abort(self) -> None:
        _abort(self._bucket, self._key, self._id)

    def _send_part(self) -> None:
        number, body = len(self._parts) + 1, bytes(self._buffer)
        sent = _call(
            lambda s3: s3.upload_part(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, PartNumber=number, Body=body
            )
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._buffer.clear()


def _pieces(body: "StreamingBody") -> Iterator[bytes]:
    with closing(body):
        while piece := _retried(lambda: call_s3(lambda _s3: body.read(PIECE_BYTES), PART_SECONDS)):
            yield piece


def _abort(bucket: str, key: str, upload_id: str) -> None:
    try:
        call_s3(lambda s3: s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id), PART_SECONDS)
    except S3Failed as error:
        if str(error) != "NoSuchUpload":  # the upload has already ended
            raise RetryLater(f"S3: {error}") from error


def _call(call: "Callable[[S3Client], Any]") -> Any:
    return _retried(lambda: call_s3(call, PART_SECONDS))


def _retried(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except S3Failed as error:
        raise RetryLater(f"S3: {error}") from error
