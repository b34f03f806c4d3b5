"""Orphaned objects in the bucket: pictures, archives and files whose row is gone, or was never committed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from falaai.attachment_files import ATTACHMENTS, UPLOADS, file_key_of
from falaai.database import Database, Statements
from falaai.export_files import PREFIX as EXPORTS
from falaai.export_files import id_of
from falaai.repositories import clock, exports, file_deletions, users
from falaai.s3 import s3_client


@dataclass(frozen=True)
class Objects:
    """One kind of objects. `used` takes keys and returns those that a row refers to.

    An object that is younger than `young` is left alone, because its row may not be committed yet.
    """

    name: str
    prefix: str
    young: timedelta
    used: Callable[[Statements, list[str]], set[str]]


def _used_archives(sql: Statements, keys: list[str]) -> set[str]:
    """Return the keys whose row still exists. The row of an archive is committed before its upload begins."""
    ids = {found: key for key in keys if (found := id_of(key)) is not None}
    return {ids[one] for one in exports.list_existing(sql, [*ids])} if ids else set()


def _used_files(sql: Statements, keys: list[str]) -> set[str]:
    """Return the keys of files that have a row, and those of their previews."""
    used = file_deletions.list_keys_in_use(sql, sorted({file_key_of(key) for key in keys}))
    return {key for key in keys if file_key_of(key) in used}


# A picture is stored before its account's row is committed.
PICTURES = Objects("pictures", "pictures/", timedelta(days=1), users.list_pictures_in_use)
ARCHIVES = Objects("export_files", EXPORTS, timedelta(), _used_archives)
# A file is stored before its row is committed.
FILES = Objects("attachment_files", ATTACHMENTS, timedelta(hours=1), _used_files)
# A checked upload is stored under another key, and the others expire within a day.
UPLOADED = Objects("uploads", UPLOADS, timedelta(days=1), lambda _sql, _keys: set())
KINDS = (PICTURES, ARCHIVES, FILES, UPLOADED)


def delete_orphans(database: Database, bucket: str, kind: Objects, has_time: Callable[[], bool]) -> int:
    """Delete orphaned objects until time runs out. Returns the number deleted."""
    total = 0
    for orphans in _orphans(database, bucket, kind):
        if not has_time():
            break
        keys = [{"Key": key} for key in orphans]
        s3_client().delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
        total += len(orphans)
    return total


def count_orphans(database: Database, bucket: str, kind: Objects) -> int:
    return sum(len(orphans) for orphans in _orphans(database, bucket, kind))


def _orphans(database: Database, bucket: str, kind: Objects) -> Iterator[list[str]]:
    """Yield lists of up to a thousand keys of orphans. The age of an object is measured by the database's clock."""
    now = clock.get_now(database)
    for page in s3_client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=kind.prefix):
        old = [item["Key"] for item in page.get("Contents", []) if item["LastModified"] <= now - kind.young]
        used = kind.used(database, old) if old else set()
        if orphans := [key for key in old if key not in used]:
            yield orphans
