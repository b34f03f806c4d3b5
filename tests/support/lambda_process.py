"""Run and time a process of a function as on Lambda, with AWS's runtime client and our own Runtime API."""

import json
import os
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.support.waiting import HANG_SECONDS

RUNTIME = "/2018-06-01/runtime"


class LambdaProcess:
    """A new process of a function, with the code and environment of the running process `like`.

    `init_seconds` is the time from its start to its first request for an invocation. `invoke` returns (seconds,
    answer). `clock_ahead` is by how many seconds the function's clock is ahead of ours: deadlines follow its clock.
    `timeout` is the function's, in seconds.
    """

    def __init__(self, like: int, clock_ahead: float = 0, timeout: float = 60, **changes: str) -> None:
        environment = environment_of(like)
        self._clock_ahead, self._timeout = clock_ahead, timeout
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._answers: SimpleQueue[tuple[float, Any]] = SimpleQueue()
        self._asked = threading.Event()
        self._server = _RuntimeApi(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        environment |= {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}", **changes}
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command_of(like),
            env=environment,
            cwd=environment["LAMBDA_TASK_ROOT"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if not self._asked.wait(HANG_SECONDS):
            self.stop()
            raise RuntimeError("the function did not ask for an invocation")
        self.init_seconds = time.perf_counter() - self.started

    @property
    def pid(self) -> int:
        return self._process.pid

    def invoke(self, event: dict[str, Any]) -> tuple[float, Any]:
        began = time.perf_counter()
        self.start(event)
        ended, answer = self._answers.get(timeout=max(HANG_SECONDS, self._timeout))
        return ended - began, answer

    def start(self, event: dict[str, Any]) -> None:
        """Begin an invocation without waiting for its answer."""
        self._events.put(event)

    def memory(self) -> dict[str, float]:
        """Return the resident memory in MB, now and at its peak."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in status.splitlines() if " kB" in line}
        return {"now": sizes["VmRSS"], "peak": sizes["VmHWM"]}

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        lambda_process = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Buffer headers and body into one write: a second write would wait 40 ms for the TCP acknowledgement.
            wbufsize = -1

            def do_GET(self) -> None:
                lambda_process._asked.set()
                body = json.dumps(lambda_process._events.get()).encode()
                self.send_response(200)
                deadline = str(int((time.time() + lambda_process._clock_ahead + lambda_process._timeout) * 1000))
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4())),
                    ("Lambda-Runtime-Deadline-Ms", deadline),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                ended = time.perf_counter()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                lambda_process._answers.put((ended, json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log no requests."""

        return Handler


class _RuntimeApi(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignore broken connections: stop() kills the process."""


def http_event(method: str, path: str, resource: str = "", body: str = "", **headers: str) -> dict[str, Any]:
    """Build an API Gateway event for a request. `resource` is the route as in the template."""
    return {
        "resource": resource or path,
        "path": path.split("?")[0],
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource or path,
            "httpMethod": method,
            "path": path,
            "stage": "bench",
            "requestId": "bench",
            "domainName": "127.0.0.1",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body or None,
        "isBase64Encoded": False,
    }


def queue_event(**body: object) -> dict[str, Any]:
    """Build an SQS event with one message, sent now."""
    message = {
        "messageId": "bench",
        "receiptHandle": "bench",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1000))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:Queue",
        "awsRegion": "us-east-1",
    }
    return {"Records": [message]}


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment variables with which a process was started."""
    raw = Path(f"/proc/{pid}/environ").read_bytes().decode()
    return dict(line.split("=", 1) for line in raw.split("\0") if "=" in line)


def command_of(pid: int) -> list[str]:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]


def bare_import(like: int, modules: str) -> float:
    """Return the seconds in which a new interpreter imports `modules`, with the environment of the process `like`."""
    command = command_of(like)
    began = time.perf_counter()
    subprocess.run(
        [*command[: command.index("-m")], "-c", f"import {modules}"], env=environment_of(like), check=True, cwd=os.sep
    )
    return time.perf_counter() - began
