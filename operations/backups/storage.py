"""Places for backups: a folder, or a prefix in an S3 bucket."""

import os
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from operations.backups.errors import BackupError
from operations.deployment import client


class Storage(Protocol):
    """A set of named files. Every method may raise BackupError."""

    address: str

    def write(self, name: str, content: bytes) -> None: ...

    def read(self, name: str) -> bytes | None:
        """Return the content, or None if there is no such file."""
        ...

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file."""
        ...

    def inner(self, name: str) -> "Storage": ...

    def list_inner(self) -> list[str]:
        """Return the names of the folders directly inside this storage, sorted."""
        ...

    def outer(self) -> "Storage": ...


class Folder:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self.address = str(self._path)

    def write(self, name: str, content: bytes) -> None:
        """Write the file atomically: a file with this name is always complete."""
        unfinished = self._path / f"{name}.unfinished"
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path / name)
        except OSError as error:
            raise BackupError(f"{self._path / name} cannot be written: {error.strerror}") from error

    def read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BackupError(f"{self._path / name} cannot be read: {error.strerror}") from error

    def sizes(self) -> dict[str, int]:
        return {one.name: one.stat().st_size for one in self._folders_and_files() if one.is_file()}

    def inner(self, name: str) -> "Folder":
        return Folder(self._path / name)

    def list_inner(self) -> list[str]:
        return [one.name for one in self._folders_and_files() if one.is_dir()]

    def outer(self) -> "Folder":
        return Folder(self._path.parent)

    def _folders_and_files(self) -> list[Path]:
        try:
            return sorted(self._path.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise BackupError(f"{self._path} cannot be read: {error.strerror}") from error


class Bucket:
    """A prefix in an S3 bucket. S3 shows an object only when it is complete."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self.address = f"s3://{bucket}/{self._prefix}".rstrip("/")
        self._s3: Any = client("s3")

    def write(self, name: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=self._key(name), Body=content)

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self._s3.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def sizes(self) -> dict[str, int]:
        start = len(self._key(""))
        return {one["Key"][start:]: one["Size"] for page in self._pages() for one in page.get("Contents", [])}

    def inner(self, name: str) -> "Bucket":
        return Bucket(self._bucket, self._key(name))

    def list_inner(self) -> list[str]:
        start = len(self._key(""))
        found = (one["Prefix"] for page in self._pages() for one in page.get("CommonPrefixes", []))
        return sorted(prefix[start:].rstrip("/") for prefix in found)

    def outer(self) -> "Bucket":
        return Bucket(self._bucket, self._prefix.rpartition("/")[0])

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _pages(self) -> Any:
        pages = self._s3.get_paginator("list_objects_v2")
        return pages.paginate(Bucket=self._bucket, Prefix=self._key(""), Delimiter="/")


def storage_at(address: str) -> Storage:
    """Return the storage of an address: `s3://bucket/prefix`, or a folder."""
    if not address.startswith("s3://"):
        return Folder(Path(address).expanduser())
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not bucket:
        raise BackupError(f"{address} names no bucket; write s3://bucket/prefix")
    return Bucket(bucket, prefix)
