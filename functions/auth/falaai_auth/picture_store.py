"""Storage of profile pictures in S3."""

from functools import cache
from typing import TYPE_CHECKING, Protocol

from falaai import settings
from falaai.deadlines import within
from falaai.errors import PicturesUnavailable
from falaai.secret_tokens import new_token
from falaai_auth.picture_cleaning import MEDIA_TYPE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# For one call with its retries; the user waits for it.
SECONDS = 8


class PictureStore(Protocol):
    """Storage of pictures under random keys. Every method may raise PicturesUnavailable."""

    def add(self, picture: bytes) -> str:
        """Store a picture. Returns its key."""
        ...

    def find(self, key: str) -> bytes | None: ...

    def delete(self, key: str) -> None: ...


class S3Pictures:
    """Pictures in an S3 bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def add(self, picture: bytes) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"pictures/{new_token()}.webp"
        try:
            within(
                SECONDS,
                lambda: _client().put_object(Bucket=self._bucket, Key=key, Body=picture, ContentType=MEDIA_TYPE),
            )
        except (BotoCoreError, ClientError, TimeoutError) as error:
            raise PicturesUnavailable(type(error).__name__) from error
        return key

    def find(self, key: str) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return within(SECONDS, lambda: _client().get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            # Without the permission ListBucket, S3 answers AccessDenied for a missing key.
            if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
                return None
            raise PicturesUnavailable(type(error).__name__) from error
        except (BotoCoreError, TimeoutError) as error:
            raise PicturesUnavailable(type(error).__name__) from error

    def delete(self, key: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            within(SECONDS, lambda: _client().delete_object(Bucket=self._bucket, Key=key))
        except (BotoCoreError, ClientError, TimeoutError) as error:
            raise PicturesUnavailable(type(error).__name__) from error


@cache
def _client() -> "S3Client":
    import boto3  # slow to import, and few requests need it
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))


@cache
def picture_store() -> PictureStore:
    """Return the process's store for the bucket of the settings."""
    return S3Pictures(settings.read(settings.PictureSettings).pictures_bucket)
