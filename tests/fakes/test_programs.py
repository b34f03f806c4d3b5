"""The fakes as programs, as pyproject.toml starts them."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS, wait_until

FOREIGN = [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
PATHS = {"gemini": "/admin/requests", "sendgrid": "/messages.json"}


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Function that runs a fake on a free port. Returns its URL."""
    running = []

    def begin(name: str) -> str:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", f"fakes.{name}", "127.0.0.1", str(port), str(tmp_path / "inbox.jsonl")]
        environment = {"PYTHONPATH": str(ROOT / "devcloud/src")}
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        wait_until(lambda: accepts_connections(port), f"the fake {name}")
        return f"http://127.0.0.1:{port}"

    yield begin
    for process in running:
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG_SECONDS) == 0


@pytest.mark.parametrize("name", PATHS)
def test_fake_refuses_foreign_requests(run: Callable[[str], str], name: str) -> None:
    url = f"{run(name)}{PATHS[name]}"
    assert httpx.get(url).status_code == 200
    assert [httpx.get(url, headers=headers).status_code for headers in FOREIGN] == [403, 403, 403]
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert httpx.get(url, headers=link).status_code == 403
    assert httpx.put(url.replace(PATHS[name], "/admin/faults"), headers=FOREIGN[1], json={}).status_code == 403
