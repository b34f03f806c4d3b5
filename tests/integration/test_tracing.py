"""Traces are Lambda's own; the log names the trace of each line, and requests to AWS carry it on."""

import os
import subprocess
import sys

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

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
        timeout=HANG_SECONDS,
        check=True,
    )
    assert finished.stdout.split() == ["Root=1-one", "Root=1-two", "Root=1-two"]


LOGGING_HANDLER = """
from falaai.logs import logger
logger().info("message handled")
"""


def test_each_line_of_the_log_names_the_trace() -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    finished = subprocess.run(
        [sys.executable, "-c", LOGGING_HANDLER],
        env={
            "PYTHONPATH": str(ROOT / "layers/shared/python"),
            "PATH": os.environ["PATH"],
            "_X_AMZN_TRACE_ID": trace,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert '"xray_trace_id":"1-5759e988-bd862e3fe1be46a994272793"' in finished.stdout


def test_layer_has_no_client_of_x_ray() -> None:
    """It would record each exception with its text, and Lambda's own segments have the durations."""
    pins = (ROOT / "requirements/layer.txt").read_text()
    assert "aws-lambda-powertools==" in pins
    assert "xray" not in pins
