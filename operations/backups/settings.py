"""Settings of backups: from the environment, and from the .env file of a deployment."""

import os
from pathlib import Path
from typing import Annotated

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from falaai import settings
from falaai.errors import SettingsError
from falaai.settings import DatabaseSettings, Secret
from operations.backups.encryption import Sealer
from operations.backups.errors import BackupError
from operations.backups.pictures import PictureBucket
from operations.backups.storage import Storage, storage_at
from operations.deployment import env_values, find_stack, stack_name, stack_resources

KEY_MIN_CHARACTERS = 32


class BackupSettings(settings._Group):  # noqa: SLF001 - a group that no function reads
    """The place of backups, and their key. Older keys may follow it, separated by spaces, to read older backups."""

    backup_to: str = ""
    backup_key: Annotated[Secret, Field(min_length=KEY_MIN_CHARACTERS)]
    # The bucket of pictures, needed only if there is no stack. `off` leaves the pictures out.
    backup_pictures: str = ""


def load_env_file(env_file: str) -> None:
    """Add the values of a .env file to the environment. Variables that are already set keep their values."""
    for name, value in env_values(Path(env_file)).items():
        os.environ.setdefault(name, value)


def database_of(env_file: str) -> DatabaseSettings:
    """Return the database that the environment names, or else the .env file."""
    load_env_file(env_file)
    found: DatabaseSettings = settings.read(DatabaseSettings)
    return found


def other_database_of(env_file: str) -> DatabaseSettings:
    """Return the database that a .env file names. The environment is ignored."""
    fields = DatabaseSettings.model_fields
    defaults = {name: field.default for name, field in fields.items() if not field.is_required()}
    values = {name.lower(): value for name, value in env_values(Path(env_file)).items() if name.lower() in fields}
    return DatabaseSettings.model_validate(defaults | values)


def read_settings() -> BackupSettings:
    try:
        found: BackupSettings = settings.read(BackupSettings)
    except SettingsError:
        raise BackupError(
            f"BACKUP_KEY is not set, cannot be read, or has fewer than {KEY_MIN_CHARACTERS} characters; run make"
            " secrets, and write the name of its parameter into the .env file"
        ) from None
    return found


def sealer() -> Sealer:
    return Sealer(read_settings().backup_key.get_secret_value())


def storage_of(address: str) -> Storage:
    """Return the place that `address` or BACKUP_TO names."""
    if not (address or read_settings().backup_to):
        raise BackupError("there is no place for backups; set BACKUP_TO to a folder or to s3://bucket/prefix")
    return storage_at(address or read_settings().backup_to)


def pictures_of(environment: str) -> PictureBucket | None:
    """Return the deployment's bucket of pictures, or None without one."""
    chosen = read_settings().backup_pictures
    if chosen:
        return None if chosen == "off" else PictureBucket(chosen)
    try:
        stack = stack_name(environment)
        resources = stack_resources(stack) if find_stack(stack) else []
    except (BotoCoreError, ClientError) as error:
        raise BackupError(f"the pictures cannot be found: {error}; BACKUP_PICTURES=off leaves them out") from None
    buckets = [one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == "PicturesBucket"]
    return PictureBucket(buckets[0]) if buckets else None
