"""The product on a devcloud of its own, with free ports."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.database_server import DATABASE
from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS, wait_until

# Variable with the file in which the product's devclouds record the actions of functions (granted_actions.py).
ACTIONS = "RECORDED_ACTIONS"


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
        return str(self.addresses["sendgrid"])

    @property
    def lambda_api(self) -> str:
        return str(self.addresses["lambda"])

    @property
    def session_secret(self) -> str:
        """The key of the stored session tokens, which devcloud made at its first start."""
        return str(json.loads((self.data / "secrets.json").read_text())["SESSION_SECRET_KEY"])

    def emails_to(self, address: str) -> list[dict[str, str]]:
        """Return the emails sent to this address, newest first."""
        emails = httpx.get(f"{self.inbox}/messages.json").json()
        return [email for email in emails if email["to"] == address]

    def function_processes(self, name: str) -> list[int]:
        return [process["pid"] for process in self._processes(name)]

    def process_states(self, name: str) -> list[str]:
        """Return the state of each process of a function: starting, idle, busy or ended."""
        return [process["state"] for process in self._processes(name)]

    def _processes(self, name: str) -> list[dict[str, Any]]:
        functions = httpx.get(f"{self.lambda_api}/functions.json").json()
        return [process for one in functions if one["name"] == name for process in one["processes"]]

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        answer = httpx.post(f"{self.lambda_api}/2015-03-31/functions/{name}/invocations", json=event, timeout=310)
        answer.raise_for_status()
        return answer.json()

    def lines_of(self, function: str, correlation_id: str) -> list[str]:
        """Return the lines of the log that a function wrote for a request and its jobs."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if f" {function} " in line and f"correlation_id={correlation_id}" in line]

    def wait_until_handled(self, worker: str, *responses: httpx.Response) -> None:
        """Wait until a worker has handled a message of one of these requests."""
        ids = [response.headers["x-amz-apigw-id"] for response in responses]
        wait_until(
            lambda: any("message handled" in line for one in ids for line in self.lines_of(worker, one)),
            f"{worker} handles a message of the request",
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=HANG_SECONDS)


def start_cloud(data: Path, *arguments: str, env_file: Path | None = None, root: Path = ROOT) -> RunningCloud:
    """Start devcloud on free ports and wait until it is ready. If it does not start, fail with its log.

    With BUILT=1 in the environment it runs the output of `make build`; with LAMBDA_ADAPTER=PROGRAM, web functions run
    behind that build of the Lambda Web Adapter.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = data / "log.txt"
    command = [sys.executable, "-m", "devcloud", "--port", "0", "--no-reload"]
    command += ["--data", str(data), "--env-file", str(env_file or data / "no.env")]
    if (root / "devcloud/__init__.py").exists():  # a release whose devcloud served the inbox itself
        command += ["--inbox-port", "0"]
    if root == ROOT:  # the devcloud of an older release may not have these options
        command += ["--service-port", "sendgrid=0", "--database", DATABASE]
        # Tests exceed the stage's throttle. The throttle itself is tested in devcloud/tests.
        command += ["--parameter", "RequestsPerSecond=100000", "--parameter", "RequestBurst=100000"]
        # Tests send requests of other origins to the functions. devcloud's refusal is tested in devcloud/tests.
        command += ["--foreign-requests"]
    command += arguments  # last, since they may override a parameter
    command += ["--built"] if os.environ.get("BUILT") and root == ROOT else []
    if (adapter := os.environ.get("LAMBDA_ADAPTER")) and root == ROOT:
        command += ["--adapter", adapter]
    # A project in `root` without its own devcloud uses the one of this repository.
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "devcloud/src")}
    if root == ROOT and ACTIONS in os.environ:
        environment["DEVCLOUD_ACTIONS"] = os.environ[ACTIONS]
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
