"""Failures of backups, each one sentence for the operator."""

import sys
from collections.abc import Callable

import pymysql
from botocore.exceptions import BotoCoreError, ClientError

from falaai.errors import DatabaseUnavailable, SettingsError


class BackupError(Exception):
    """A backup or a restore cannot go on. The text is the sentence for the operator."""


def run_program(name: str, work: Callable[[], None]) -> int:
    """Run `work`. Print an expected failure as one sentence. Returns the exit code."""
    try:
        work()
    except (BackupError, SettingsError) as error:
        print(f"{name}: {error}", file=sys.stderr)
    except (pymysql.MySQLError, DatabaseUnavailable) as error:
        print(f"{name}: the database failed: {error.args[-1] if error.args else error!r}", file=sys.stderr)
    except (ClientError, BotoCoreError) as error:
        print(f"{name}: AWS refused a request: {error}", file=sys.stderr)
    else:
        return 0
    return 1
