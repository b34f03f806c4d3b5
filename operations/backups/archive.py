"""Write and read the files of one backup."""

import base64
import gzip
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from operations.backups.encryption import Sealer
from operations.backups.errors import BackupError
from operations.backups.storage import Storage

FORMAT = 1
MANIFEST = "manifest"
# Memory holds one whole part, so this limits the memory of a backup and of a restore.
PART_BYTES = 8 * 2**20
_COMPRESSION = 4

# Values of a row: text as the server writes it, or bytes, or None.
Cells = list[Any]


@dataclass(frozen=True)
class Part:
    """Size and SHA-256 of one encrypted file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Content:
    """The rows of a table or the pictures. `sha256` is that of all JSON lines, before they are encrypted."""

    rows: int
    sha256: str
    parts: list[Part]


@dataclass(frozen=True)
class Table:
    """A table's columns, its primary key, and the next AUTO_INCREMENT id if it has one."""

    name: str
    columns: list[str]
    key: list[str]
    next_id: int | None


@dataclass(frozen=True)
class Manifest:
    """Facts of a whole backup. `made_at` is the database's time of the snapshot, in UTC."""

    id: str
    deployment: str
    made_at: datetime
    migrations: list[str]
    tables: list[Table]
    contents: dict[str, Content]

    @property
    def rows(self) -> int:
        return sum(self.contents[table.name].rows for table in self.tables)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for content in self.contents.values() for part in content.parts)


def encode(cells: Sequence[Any]) -> bytes:
    """Return a row as a JSON line. Bytes become {"b64": …}."""
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":"), default=_from_bytes).encode() + b"\n"


def decode(line: bytes) -> Cells:
    return [base64.b64decode(cell["b64"]) if isinstance(cell, dict) else cell for cell in json.loads(line)]


def _from_bytes(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode()}


class Digest:
    """Number and SHA-256 of JSON lines."""

    def __init__(self) -> None:
        self.rows = 0
        self._hash = hashlib.sha256()

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._hash.update(line)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class BackupWriter:
    """Writes a backup: the contents one after the other, then the manifest."""

    def __init__(self, storage: Storage, sealer: Sealer) -> None:
        self._storage = storage
        self._sealer = sealer
        self.id = secrets.token_hex(8)

    def write(self, name: str, lines: Iterable[bytes]) -> Content:
        """Write JSON lines as numbered parts."""
        digest, size = Digest(), 0
        parts: list[Part] = []
        waiting: list[bytes] = []
        for line in lines:
            digest.add(line)
            waiting.append(line)
            size += len(line)
            if size >= PART_BYTES:
                parts.append(self._write_part(_part_name(name, len(parts)), waiting))
                waiting, size = [], 0
        if waiting:
            parts.append(self._write_part(_part_name(name, len(parts)), waiting))
        return Content(digest.rows, digest.sha256, parts)

    def finish(self, manifest: Manifest) -> None:
        text = json.dumps({"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()})
        self._storage.write(MANIFEST, self._sealer.seal(MANIFEST, text.encode()))

    def _write_part(self, name: str, lines: list[bytes]) -> Part:
        plain = gzip.compress(b"".join(lines), _COMPRESSION, mtime=0)
        sealed = self._sealer.seal(f"{self.id}/{name}", plain)
        self._storage.write(name, sealed)
        return Part(len(sealed), hashlib.sha256(sealed).hexdigest())


class BackupReader:
    """A whole backup. Every method raises BackupError if a file is missing, damaged, or of another backup."""

    def __init__(self, storage: Storage, sealer: Sealer) -> None:
        self.storage = storage
        self._sealer = sealer
        self.manifest = self._read_manifest()

    def check_files(self) -> None:
        """Check that every file is there with its size, before anything is restored."""
        sizes = self.storage.sizes()
        for name, content in self.manifest.contents.items():
            for number, part in enumerate(content.parts):
                file = _part_name(name, number)
                if file not in sizes:
                    raise BackupError(f"{self._address(file)} is missing")
                if sizes[file] != part.bytes:
                    raise BackupError(f"{self._address(file)} has {sizes[file]} bytes in place of {part.bytes}")

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the JSON lines of a table or of the pictures."""
        content, digest = self.manifest.contents[name], Digest()
        for number, part in enumerate(content.parts):
            for line in self._read_part(_part_name(name, number), part).splitlines(keepends=True):
                digest.add(line)
                yield line
        if (digest.rows, digest.sha256) != (content.rows, content.sha256):
            raise BackupError(f"{name} has {digest.rows} rows that differ from the {content.rows} of the manifest")

    def _read_part(self, name: str, part: Part) -> bytes:
        sealed = self.storage.read(name)
        if sealed is None:
            raise BackupError(f"{self._address(name)} is missing")
        if hashlib.sha256(sealed).hexdigest() != part.sha256:
            raise BackupError(f"{self._address(name)} is damaged: its SHA-256 is not that of the manifest")
        return gzip.decompress(self._sealer.open(f"{self.manifest.id}/{name}", sealed))

    def _read_manifest(self) -> Manifest:
        sealed = self.storage.read(MANIFEST)
        if sealed is None:
            raise BackupError(f"{self.storage.address} holds no whole backup: it has no manifest")
        raw = json.loads(self._sealer.open(MANIFEST, sealed))
        if raw.pop("format") != FORMAT:
            raise BackupError(f"{self.storage.address} was written by a newer release; use that release")
        contents = {name: Content(**one | {"parts": [Part(**part) for part in one["parts"]]})
                    for name, one in raw["contents"].items()}  # fmt: skip
        tables = [Table(**one) for one in raw["tables"]]
        made_at = datetime.fromisoformat(raw["made_at"])
        return Manifest(**raw | {"made_at": made_at, "tables": tables, "contents": contents})

    def _address(self, file: str) -> str:
        return f"{self.storage.address}/{file}"


def _part_name(name: str, number: int) -> str:
    return f"{name}.{number:05}"
