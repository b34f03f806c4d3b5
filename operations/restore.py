"""Restore a backup into an empty database: python -m operations.restore

Arguments: dev .env.dev BACKUP [OLD_ENV_FILE].

Then delete again the accounts that were deleted after the backup: those known to the newest backup beside it, and to
the database that OLD_ENV_FILE names. Sessions and links are deleted, because some were revoked or used since.
With ONLY=pictures, store the pictures and attachments alone; with ONLY=database, the rows alone.
"""

import os
import sys
from datetime import UTC, datetime, timedelta

from falaai.connections import connect
from falaai.database import Database
from falaai.repositories import deleted_accounts
from falaai.settings import DatabaseSettings
from operations.backups import pictures, restoring, settings
from operations.backups.archive import MANIFEST, BackupReader
from operations.backups.errors import BackupError, run_program
from operations.backups.pictures import Objects, PictureBucket
from operations.backups.storage import Storage, storage_at
from operations.deployment import stack_name

PARTS = ("", "database", "pictures")


def main(environment: str, env_file: str, address: str = "", old_env_file: str = "") -> int:
    return run_program("restore", lambda: restore(environment, env_file, address, old_env_file))


def restore(environment: str, env_file: str, address: str, old_env_file: str) -> None:
    where, only = settings.database_of(env_file), os.environ.get("ONLY", "")
    if only not in PARTS:
        raise BackupError("ONLY is database or pictures")
    backup = open_backup(environment, address)
    bucket = None if only == "database" else settings.pictures_of(environment)
    if bucket is None and only != "database" and pictures.PICTURES.name in backup.manifest.contents:
        raise BackupError("no bucket for the pictures was found; deploy first, or restore with ONLY=database")
    if only != "pictures":
        _restore_rows(backup, where, old_env_file)
    for kind in pictures.KINDS:
        if bucket and kind.name in backup.manifest.contents:
            _restore_objects(backup, kind, where, bucket)


def open_backup(environment: str, address: str) -> BackupReader:
    """Open the backup at this address. Raises BackupError, which without an address lists the backups."""
    if not address:
        storage = settings.storage_of("")
        found = "\n  ".join(whole_backups(storage, stack_name(environment))) or "none"
        raise BackupError(f"name a backup with FROM={storage.address}/…; there are:\n  {found}")
    return BackupReader(storage_at(address), settings.sealer())


def whole_backups(storage: Storage, deployment: str) -> list[str]:
    """Return the names of a deployment's complete backups in a storage, the oldest first."""
    own = [name for name in storage.list_inner() if name.rpartition("-")[0] == deployment]
    return [name for name in own if MANIFEST in storage.inner(name).sizes()]


def _restore_rows(backup: BackupReader, where: DatabaseSettings, old_env_file: str) -> None:
    made_at = backup.manifest.made_at
    if _now() - made_at > timedelta(days=deleted_accounts.KEPT_DAYS):
        raise BackupError(
            f"the backup is older than {deleted_accounts.KEPT_DAYS} days, so that not all deleted accounts are known"
        )
    deleted, known_until = _deleted_since(backup, old_env_file)
    restoring.load(backup, where)
    gone = restoring.finish(backup, where, deleted)
    print(f"restore: {backup.manifest.rows:,} rows of {made_at:%Y-%m-%d %H:%M} UTC; all users must sign in again")
    print(f"restore: {gone} accounts deleted again; deletions are known until {known_until:%Y-%m-%d %H:%M} UTC")


def _deleted_since(backup: BackupReader, old_env_file: str) -> tuple[restoring.DeletedAccounts, datetime]:
    """Return the deleted accounts known to the newest source, and the time of that source."""
    if old_env_file:
        return restoring.deleted_in_database(settings.other_database_of(old_env_file)), _now()
    storage, newest = backup.storage.outer(), backup
    if beside := whole_backups(storage, backup.manifest.deployment):
        newest = max(backup, BackupReader(storage.inner(beside[-1]), settings.sealer()), key=_made_at)
    return restoring.deleted_in_backup(newest), newest.manifest.made_at


def _made_at(backup: BackupReader) -> datetime:
    return backup.manifest.made_at


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _restore_objects(backup: BackupReader, kind: Objects, where: DatabaseSettings, bucket: PictureBucket) -> None:
    stored = bucket.restore(kind, backup.lines(kind.name), Database(lambda: connect(where)))
    saved = backup.manifest.contents[kind.name].rows
    print(f"restore: {stored:,} of {saved:,} {kind.noun} are in use, and stored")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
