"""Restore a backup into a throw-away MariaDB and compare every row: python -m operations.backup_check

Arguments: dev .env.dev [BACKUP]. Without a backup, the newest whole backup in BACKUP_TO is checked.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from devcloud.database import Database
from devcloud.secret_store import SecretStore
from falaai.settings import DatabaseSettings
from operations.backups import pictures, restoring, settings
from operations.backups.archive import BackupReader
from operations.backups.errors import BackupError, run_program
from operations.deployment import stack_name
from operations.restore import open_backup, whole_backups


def main(environment: str, env_file: str, address: str = "") -> int:
    return run_program("backup-check", lambda: check(environment, env_file, address))


def check(environment: str, env_file: str, address: str) -> None:
    settings.load_env_file(env_file)
    backup = open_backup(environment, address) if address else _newest(environment)
    rows = asyncio.run(_restored_and_compared(backup))
    seen = ", ".join(f"{_count(backup, kind.name):,} {kind.noun}" for kind in pictures.KINDS)
    print(f"backup-check: {backup.storage.address} restores: {rows:,} rows are equal, {seen} are whole")


def _count(backup: BackupReader, name: str) -> int:
    """Read all objects of a kind, which checks them. Returns their number; an older backup has no attachments."""
    return sum(1 for _ in backup.lines(name)) if name in backup.manifest.contents else 0


def _newest(environment: str) -> BackupReader:
    storage = settings.storage_of("")
    found = whole_backups(storage, stack_name(environment))
    if not found:
        raise BackupError(f"{storage.address} holds no whole backup")
    return BackupReader(storage.inner(found[-1]), settings.sealer())


async def _restored_and_compared(backup: BackupReader) -> int:
    """Restore into a temporary server and compare every row. Returns the number of rows."""
    with tempfile.TemporaryDirectory(prefix="falaai-backup-check-") as folder:
        data = Path(folder)
        server = Database(data, "falaai_db", SecretStore(data / "secrets.json"))
        await server.start()
        try:
            return await asyncio.to_thread(_compare, backup, server)
        finally:
            await server.stop()


def _compare(backup: BackupReader, server: Database) -> int:
    address = server.address
    where = DatabaseSettings(
        db_host=address.host,
        db_port=address.port,
        db_user=address.user,
        db_password=address.password,  # type: ignore[arg-type]  # pydantic makes a secret of it
        db_name=address.name,
        db_ca="",
    )
    restoring.load(backup, where)
    return restoring.compare(backup, where)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
