"""Create databases and run the migrations as a program, as `make migrate` does."""

import os
import subprocess
import sys

import pymysql

from falaai import settings
from tests.conftest import HANG_SECONDS, ROOT, RunningCloud


def create_database(cloud: RunningCloud, name: str) -> settings.DatabaseSettings:
    """Create an empty database on devcloud's server. Returns its settings."""
    server = cloud.addresses["database"]
    with pymysql.connect(
        host=server["host"], port=server["port"], user=server["user"], password=server["password"]
    ) as connection:
        connection.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")
        connection.cursor().execute(f"CREATE DATABASE `{name}`")
    return settings.DatabaseSettings(
        db_host=server["host"],
        db_port=server["port"],
        db_user=server["user"],
        db_password=server["password"],
        db_name=name,
    )


def environment(where: settings.DatabaseSettings) -> dict[str, str]:
    """Return the DB_* variables, and PYTHONPATH for the layer."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "layers/shared/python"),
        "DB_HOST": where.db_host,
        "DB_PORT": str(where.db_port),
        "DB_USER": where.db_user,
        "DB_PASSWORD": where.db_password.get_secret_value(),
        "DB_NAME": where.db_name,
    }


def migrate(where: settings.DatabaseSettings) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "sql/migrate.py")]
    return subprocess.run(command, env=environment(where), capture_output=True, text=True, timeout=HANG_SECONDS)
