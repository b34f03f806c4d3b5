"""A new process of the streaming function, started as the Web Adapter starts it, without devcloud around it."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from devcloud.http_server import free_port

QUESTION = "Como se faz um bolo de fubá?"


@dataclass
class StreamProcess:
    """A process that is ready. `init_seconds` is the time from its start to its first successful health check."""

    http: httpx.Client
    init_seconds: float

    def warm_up(self) -> float:
        """Send the chat page's warm-up. Returns its seconds."""
        began = time.perf_counter()
        self.http.post("/chat/warm-up").raise_for_status()
        return time.perf_counter() - began

    def first_piece(self) -> float:
        """Ask a question and read the whole reply. Returns the seconds from the request to the first piece."""
        began = time.perf_counter()
        with self.http.stream("POST", "/chat/stream", json={"message": QUESTION}) as response:
            response.raise_for_status()
            lines = response.iter_lines()
            next(line for line in lines if line == "event: delta")
            seconds = time.perf_counter() - began
            list(lines)  # read to the end, so that the next run does not overlap
        return seconds


@contextmanager
def start_stream(environment: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[StreamProcess]:
    """Start run.sh with the environment of a deployed streaming function and wait until it is ready."""
    folder, port = Path(environment["LAMBDA_TASK_ROOT"]), free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [folder / "run.sh"],
        env={**environment, "AWS_LWA_PORT": str(port)},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=dict(headers), timeout=60) as client:
            while not _is_healthy(client):
                time.sleep(0.005)
            yield StreamProcess(client, time.perf_counter() - began)
    finally:
        process.kill()
        process.wait()


def _is_healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.ConnectError:
        return False
