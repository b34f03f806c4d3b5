"""Fixture `cloud`, the devcloud that all tests of a run share, and helpers to start and await."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent
# Limit for tests that hang. It is longer than a busy machine needs, so that it never decides about a result.
HANG_SECONDS = 90
# Only `make test-faults` checks durations: it runs on an otherwise idle machine.
IS_WHOLE = bool(os.environ.get("WHOLE"))


@dataclass
class RunningCloud:
    """A devcloud process and the addresses of its services."""

    process: "subprocess.Popen[bytes]"
    data: Path
    log: Path
    addresses: dict[str, Any]

    @property
    def gateway(self) -> str:
        return str(self.addresses["gateway"])

    @property
    def inbox(self) -> str:
        return str(self.addresses["inbox"])

    def emails_to(self, address: str) -> list[dict[str, str]]:
        """Return the emails sent to this address, newest first."""
        emails = httpx.get(f"{self.inbox}/messages.json").json()
        return [email for email in emails if email["to"] == address]

    def function_processes(self, name: str) -> list[int]:
        functions = httpx.get(f"{self.inbox}/functions.json").json()
        return [process["pid"] for one in functions if one["name"] == name for process in one["processes"]]

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        answer = httpx.post(f"{self.inbox}/2015-03-31/functions/{name}/invocations", json=event, timeout=310)
        answer.raise_for_status()
        return answer.json()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=HANG_SECONDS)


def start_cloud(data: Path, *arguments: str, env_file: Path | None = None, root: Path = ROOT) -> RunningCloud:
    """Start devcloud on free ports and wait until it is ready. If it does not start, fail with its log.

    With BUILT=1 in the environment it runs the output of `make build`.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = data / "log.txt"
    command = [sys.executable, "-m", "devcloud", "--port", "0", "--inbox-port", "0", "--no-reload"]
    command += ["--data", str(data), "--env-file", str(env_file or data / "no.env")]
    if root == ROOT:  # the devcloud of an older release may not have these options
        # Tests exceed the stage's throttle. The throttle itself is tested in tests/devcloud.
        command += ["--parameter", "RequestsPerSecond=100000", "--parameter", "RequestBurst=100000"]
        # Tests send requests of other origins to the functions. devcloud's refusal is tested in tests/devcloud.
        command += ["--foreign-requests"]
    command += arguments  # last, since they may override a parameter
    command += ["--built"] if os.environ.get("BUILT") and root == ROOT else []
    # A project in `root` without its own devcloud uses the one of this repository.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
    ready = data / "addresses.json"
    deadline = time.monotonic() + HANG_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            pytest.fail(f"devcloud did not start:\n{log.read_text()}")
        time.sleep(0.05)
    return RunningCloud(process, data, log, json.loads(ready.read_text()))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    running = start_cloud(tmp_path_factory.mktemp("cloud"))
    yield running
    assert running.stop() == 0
    # This is the log of the whole run. It must not contain addresses, passwords, links, cookies or users' texts.
    secrets = json.loads((running.data / "secrets.json").read_text()).values()
    log = running.log.read_text()
    forbidden = ["@exemplo.com.br", "cavalo bateria", "argon2id", "demonstração", "palavra1", "Pergunta", *secrets]
    assert [word for word in forbidden if word in log] == []
    assert re.findall(r"(?:verify_link|redefinir-senha)/[\w-]{20}", log) == []


@contextmanager
def at_most(seconds: float, what: str) -> Iterator[None]:
    """Print the duration of the block. In `make test-faults`, fail if it exceeds `seconds`."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    print(f"{what}: {took:.2f} s")
    assert not IS_WHOLE or took < seconds, f"{what}: {took:.2f} s of {seconds} s"


def wait_until(condition: Any, what: str) -> Any:
    """Poll until `condition()` is true. Returns its value; fails the test with `what` after HANG_SECONDS."""
    deadline = time.monotonic() + HANG_SECONDS
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {HANG_SECONDS} s: {what}")
        time.sleep(0.05)
    return result
