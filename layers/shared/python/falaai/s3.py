"""Calls to S3 within a total time, through one client per process."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from falaai.deadlines import within

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Time limit of one call with its retries: a user may be waiting for it.
SECONDS = 8
# Without the permission ListBucket, S3 answers AccessDenied for a missing key.
MISSING_CODES = ("NoSuchKey", "AccessDenied")

Result = TypeVar("Result")


class S3Failed(Exception):
    """S3 refused a call or did not answer it. The message is S3's error code, or the name of the network's error."""


def call_s3(call: "Callable[[S3Client], Result]", seconds: float = SECONDS) -> Result:
    """Run `call` with the process's client, within `seconds`. Raises S3Failed."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return within(seconds, lambda: call(s3_client()))
    except ClientError as error:
        raise S3Failed(error.response["Error"]["Code"]) from error
    except (BotoCoreError, TimeoutError) as error:
        raise S3Failed(type(error).__name__) from error


def find_object(bucket: str, key: str, seconds: float = SECONDS) -> bytes | None:
    """Return the content of an object, or None if it does not exist. Raises S3Failed."""
    try:
        return call_s3(lambda s3: s3.get_object(Bucket=bucket, Key=key)["Body"].read(), seconds)
    except S3Failed as error:
        if str(error) in MISSING_CODES:
            return None
        raise


def delete_object(bucket: str, key: str) -> None:
    """Delete an object, if it exists. Raises S3Failed."""
    call_s3(lambda s3: s3.delete_object(Bucket=bucket, Key=key))


@cache
def s3_client() -> "S3Client":
    import boto3  # slow to import, and few requests need it
    from botocore.config import Config

    # Signed links need signature version 4 and the host name of the region.
    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"total_max_attempts": 2},
            signature_version="s3v4",
            s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
        ),
    )
