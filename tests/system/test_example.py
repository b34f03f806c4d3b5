"""The example client does what it says against the running product."""

import os
import subprocess
import sys

from tests.support.paths import ROOT
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import HANG_SECONDS


def test_example_signs_up_asks_and_listens(cloud: RunningCloud) -> None:
    addresses = {"GATEWAY": cloud.gateway, "INBOX": cloud.inbox, "PATH": os.environ["PATH"]}
    command = [sys.executable, str(ROOT / "examples/client.py")]
    finished = subprocess.run(command, env=addresses, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert finished.returncode == 0, finished.stderr
    assert "você perguntou “Qual é a capital do Brasil?”" in finished.stdout
    assert "você perguntou “E a da Argentina?”" in finished.stdout
