"""Write an encrypted backup of a deployment's database, pictures and attachments: python -m operations.backup

Arguments: dev .env.dev [STORAGE]. The storage is a folder or `s3://bucket/prefix`; without it, BACKUP_TO. All tables
are read at one moment, while writes go on. A database without tables needs no backup.
"""

import sys

from operations.backups import pictures, settings
from operations.backups.archive import BackupWriter, Content, Manifest
from operations.backups.errors import BackupError, run_program
from operations.backups.restoring import check_whole
from operations.backups.snapshot import applied_migrations, list_tables, now, read_rows, snapshot
from operations.deployment import stack_name


def main(environment: str, env_file: str, address: str = "") -> int:
    return run_program("backup", lambda: back_up(environment, env_file, address))


def back_up(environment: str, env_file: str, address: str) -> None:
    where = settings.database_of(env_file)
    with snapshot(where) as connection:
        tables = list_tables(connection)
        if not tables:
            print("backup: the database has no tables, so there is nothing to back up")
            return
        check_whole(tables)
        made_at = now(connection)
        storage = settings.storage_of(address).inner(f"{stack_name(environment)}-{made_at:%Y%m%dT%H%M%SZ}")
        if storage.sizes():
            raise BackupError(f"{storage.address} exists already; try again in a second")
        writer = BackupWriter(storage, settings.sealer())
        bucket = settings.pictures_of(environment)
        contents: dict[str, Content] = {}
        for table in tables:
            contents[table.name] = writer.write(table.name, read_rows(connection, table))
        migrations = applied_migrations(connection, tables)
    if bucket:
        for kind in pictures.KINDS:
            contents[kind.name] = writer.write(kind.name, bucket.read(kind))
    manifest = Manifest(writer.id, stack_name(environment), made_at, migrations, tables, contents)
    writer.finish(manifest)
    counts = [f"{contents[kind.name].rows:,} {kind.noun}" for kind in pictures.KINDS if kind.name in contents]
    saved = ", ".join(counts) or "no pictures"
    print(f"backup: {len(tables)} tables, {manifest.rows:,} rows, {saved}, {manifest.bytes:,} bytes")
    print(
        f"backup: written to {storage.address}; keep a copy of BACKUP_KEY elsewhere, since nothing opens it without"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
