"""Fixtures: a running devcloud on a small test project, and fakes served without devcloud."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import HANG_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).with_name("project")


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until `condition` is true. Returns its value."""
    return wait_until(condition, "the condition of the test")


class RunningDevcloud:
    """A `python -m devcloud` on a copy of the test project."""

    def __init__(self, folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.data = folder / ".devcloud"
        self.log = folder.parent / f"devcloud-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "devcloud", "--port", "0", *arguments],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT / "devcloud/src"), **(environment or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> "RunningDevcloud":
        def announced() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return "aws  " in self.log.read_text()

        # Do not wait for addresses.json: a killed devcloud may have left an old one.
        eventually(announced)
        self.addresses = json.loads((self.data / "addresses.json").read_text())
        return self

    def children(self) -> set[int]:
        """Return the ids of all processes that use the project's folder, except devcloud itself."""
        mine = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in (self.process.pid, os.getpid()):
                try:
                    places = (str((entry / "cwd").readlink()), (entry / "cmdline").read_text())
                except OSError:
                    continue  # It has exited, or belongs to another user.
                if any(str(self.folder) in place for place in places):
                    mine.add(int(entry.name))
        return mine

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(HANG_SECONDS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the test project."""
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def start(project: Path) -> Iterator[Callable[..., RunningDevcloud]]:
    """Function that starts devcloud on the project. Instances that still run after the test are stopped."""
    started: list[RunningDevcloud] = []

    def begin(*arguments: str, **options: Any) -> RunningDevcloud:
        started.append(RunningDevcloud(project, *arguments, **options))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDevcloud]:
    """One devcloud for all tests of a module. Its functions write to the file `journal`."""
    folder = tmp_path_factory.mktemp("cloud") / "project"
    shutil.copytree(PROJECT, folder)
    (folder / ".env").write_text(f"JOURNAL={folder}/journal\nGREETING=\nUNDECLARED=1\nDB_NAME=\n")
    running = RunningDevcloud(folder, environment={"GREETING": "from the shell"}).wait_until_ready()
    yield running
    assert running.end() == 0


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    """Function `eventually(condition)`, so that tests wait for a condition and not for a time."""
    return eventually
