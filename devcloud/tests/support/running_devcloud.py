"""A running devcloud for tests."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from waiting import HANG_SECONDS, eventually

# The server that the tests use: MariaDB, or TiDB with DB=tidb in the environment.
DATABASE = os.environ.get("DB") or "mariadb"
SOURCE = Path(__file__).parents[2] / "src"


def environment_of_tests() -> dict[str, str]:
    """Return the environment in which `python -m devcloud` finds devcloud."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


class RunningDevcloud:
    """A `python -m devcloud` on a copy of the test project.

    With LAMBDA_ADAPTER in the environment, web functions run behind that build of the Lambda Web Adapter.
    """

    def __init__(
        self, folder: Path, *arguments: str, environment: dict[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        adapter = os.environ.get("LAMBDA_ADAPTER")
        arguments = (*(["--adapter", adapter] if adapter else []), *arguments)
        self.folder = folder
        self.data = folder / ".devcloud"
        self.log = folder.parent / f"devcloud-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "devcloud", "--port", "0", "--database", DATABASE, *arguments],
                cwd=cwd or folder,
                env={**environment_of_tests(), **(environment or {})},
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
