"""What a traced handler sends to X-Ray's daemon, which is here a socket of the test."""

import os
import socket
import subprocess
import sys

from tests.support.paths import ROOT

HANDLER = """
from falaai.tracing import traced
class Context:
    function_name = "auth"
def handle(event, context):
    if event["fails"]:
        raise ValueError("canary " + event["word"])
    return {"body": "canary " + event["word"]}
request = {
    "path": "/verify_link/canary",
    "multiValueQueryStringParameters": {"q": ["canary"]},
    "multiValueHeaders": {"Host": ["canary.example"], "Referer": ["https://canary.example/"]},
    "requestContext": {"path": "/live/verify_link/canary", "identity": {"sourceIp": "203.0.113.9"}},
}
for fails in (False, True):
    try:
        traced(handle)({**request, "word": "of the question", "fails": fails}, Context())
    except ValueError:
        pass
"""


def test_trace_tells_of_time_and_cold_start_and_not_of_what_was_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        lambda_variables = {
            "LAMBDA_TASK_ROOT": "/var/task",
            "AWS_LAMBDA_FUNCTION_NAME": "auth",
            "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
            "POWERTOOLS_SERVICE_NAME": "auth",
            "PYTHONPATH": str(ROOT / "layers/shared/python"),
            "PATH": os.environ["PATH"],
        }
        finished = subprocess.run(
            [sys.executable, "-c", HANDLER], env=lambda_variables, capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr
        traces = [daemon.recv(65_536).decode() for _ in range(2)]
    assert '"ColdStart": true' in traces[0]
    assert '"ColdStart": false' in traces[1]
    for told in ("canary", "203.0.113.9", "verify_link", "http"):
        assert told not in "".join(traces)


STREAMED_REQUEST = """
import asyncio, os
from stream_app import AdaptedRequest
async def application(scope, receive, send):
    print(os.environ.get("_X_AMZN_TRACE_ID"))
for headers in ([(b"x-amzn-trace-id", b"Root=1-one")], [(b"x-amzn-trace-id", b"Root=1-two")], []):
    asyncio.run(AdaptedRequest(application)({"type": "http", "headers": headers}, None, None))
"""


def test_stream_takes_the_trace_of_its_requests_from_the_header() -> None:
    """The Web Adapter is the runtime there, so that nothing else sets the variable that AWS requests send."""
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("functions/chat", "layers/shared/python"))
    finished = subprocess.run(
        [sys.executable, "-c", STREAMED_REQUEST],
        env={"PYTHONPATH": paths, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout.split() == ["Root=1-one", "Root=1-two", "Root=1-two"]
