"""Attached files without a use: first the row is deleted, then, after the commit, the objects.

If a process is killed in between, the daily cleanup finds the objects as orphans.
"""

import time
from collections.abc import Callable, Iterator

from falaai.attachment_files import keys_of, prefixes_of
from falaai.database import Database, Statements
from falaai.logs import logger
from falaai.repositories import file_deletions, users
from falaai.s3 import s3_client
from falaai_cleanup.tasks import PAUSE_FACTOR

# Files deleted in one transaction. Their objects and previews fit into one request to S3, which takes 1,000 keys.
BATCH = 100


def delete_unused_files(database: Database, bucket: str, has_time: Callable[[], bool]) -> tuple[int, bool]:
    """Delete files without a use until none is left or time runs out. Returns their number, and whether none is left.

    A call may be repeated, and calls may overlap.
    """

    def delete(sql: Statements) -> tuple[int, list[str]]:
        return file_deletions.delete_unused(sql, BATCH)

    total = 0
    while has_time():
        began = time.monotonic()
        looked_at, keys = database.transaction(delete)
        _delete_objects(bucket, [one for key in keys for one in keys_of(key)])
        total += len(keys)
        if looked_at < BATCH:
            return total, True
        time.sleep(PAUSE_FACTOR * (time.monotonic() - began))
    return total, False


def delete_files_of_user(
    database: Database, bucket: str, user_id: int, has_time: Callable[[], bool]
) -> tuple[int, bool]:
    """Delete all objects of a deleted account's files. Returns their number, and whether none is left.

    An account that still exists keeps its objects.
    """
    total = 0
    if users.find_user(database, user_id) is not None:
        logger().error("objects of an existing account not deleted", extra={"user_id": user_id})
        return total, True
    for keys in _keys_of_user(bucket, user_id):
        if not has_time():
            return total, False
        _delete_objects(bucket, keys)
        total += len(keys)
    return total, True


def _keys_of_user(bucket: str, user_id: int) -> Iterator[list[str]]:
    pages = s3_client().get_paginator("list_objects_v2")
    for prefix in prefixes_of(user_id):
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            if found := [item["Key"] for item in page.get("Contents", [])]:
                yield found


def _delete_objects(bucket: str, keys: list[str]) -> None:
    if keys:
        objects = [{"Key": key} for key in keys]
        s3_client().delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
