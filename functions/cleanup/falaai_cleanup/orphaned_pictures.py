"""Orphaned pictures in the bucket: their deletion failed, or their upload was never committed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from falaai.database import Database
from falaai.repositories import clock, users

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "pictures/"
# A picture is stored before its account's row is committed.
YOUNG = timedelta(days=1)


def delete_orphaned_pictures(database: Database, bucket: str, has_time: Callable[[], bool]) -> int:
    """Delete orphaned pictures until time runs out. Returns the number deleted."""
    total = 0
    for orphans in _orphans(database, bucket):
        if not has_time():
            break
        _client().delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in orphans], "Quiet": True})
        total += len(orphans)
    return total


def count_orphaned_pictures(database: Database, bucket: str) -> int:
    return sum(len(orphans) for orphans in _orphans(database, bucket))


def _orphans(database: Database, bucket: str) -> Iterator[list[str]]:
    """Yield keys, up to a thousand at a time. Age is judged by the database's clock."""
    now = clock.get_now(database)
    for page in _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX):
        old = [item["Key"] for item in page.get("Contents", []) if item["LastModified"] < now - YOUNG]
        if orphans := _unused(database, old):
            yield orphans


def _unused(database: Database, keys: list[str]) -> list[str]:
    used = users.list_pictures_in_use(database, keys) if keys else set()
    return [key for key in keys if key not in used]


@cache
def _client() -> "S3Client":
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))
