"""Run the programs of backups against a database, and read every row."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from falaai import settings
from falaai.settings import DatabaseSettings
from operations import backup, backup_check, restore
from operations.backups.snapshot import list_tables, open_exact, read_rows
from tests.support.databases import environment
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

KEY = "chave-de-backup-0123456789abcdefghij"


@dataclass
class Operator:
    """Runs the programs of `make backup`, `make restore` and `make backup-check` against one database."""

    where: DatabaseSettings
    place: Path
    more: dict[str, str] = field(default_factory=dict)

    def run(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the program in this process, which is faster."""
        command, out, err = self.command(program, *arguments), io.StringIO(), io.StringIO()
        main = {"backup": backup.main, "restore": restore.main, "backup_check": backup_check.main}[program]
        with mock.patch.dict(os.environ, self.environment()), redirect_stdout(out), redirect_stderr(err):
            settings.read.cache_clear()
            code = main(*command[3:])
        settings.read.cache_clear()
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    def run_alone(self, program: str, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run the program in a process of its own."""
        return subprocess.run(
            self.command(program, *arguments), env=self.environment(), cwd=ROOT, capture_output=True, text=True,
            timeout=HANG_SECONDS, **options,
        )  # fmt: skip

    def command(self, program: str, *arguments: str) -> list[str]:
        env_file = self.place.parent / "env"
        env_file.touch()
        return [sys.executable, "-m", f"operations.{program}", "dev", str(env_file), *arguments]

    def environment(self) -> dict[str, str]:
        python = os.pathsep.join([str(ROOT / "devcloud/src"), str(ROOT / "layers/shared/python")])
        own = {"BACKUP_KEY": KEY, "BACKUP_TO": str(self.place), "BACKUP_PICTURES": "off"}
        return {**environment(self.where), **own, **self.more, "PYTHONPATH": python}

    def back_up(self) -> Path:
        """Write a backup. Returns its folder."""
        before = set(self.place.glob("*"))
        finished = self.run("backup")
        assert finished.returncode == 0, finished.stderr
        (made,) = set(self.place.glob("*")) - before
        return made


def contents(where: DatabaseSettings) -> dict[str, list[bytes]]:
    """Return all rows of all tables, as the server writes them."""
    connection = open_exact(where)
    try:
        return {table.name: list(read_rows(connection, table)) for table in list_tables(connection)}
    finally:
        connection.close()


def restored(operator: Operator, made: Path, target: DatabaseSettings, **more: str) -> str:
    """Restore. Returns the program's output."""
    finished = replace(operator, where=target, more=more).run("restore", str(made))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def refusal(operator: Operator, made: Path, target: DatabaseSettings, **more: str) -> str:
    """Try to restore. Returns the one sentence of the refusal."""
    finished = replace(operator, where=target, more=more).run("restore", str(made))
    assert finished.returncode == 1, finished.stdout
    assert finished.stderr.count("\n") == 1, finished.stderr
    return finished.stderr
