"""template.yaml as AWS SAM translates it."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS


def translate(*parameters: str) -> dict[str, Any]:
    sam = ROOT / ".devcloud/sam/bin/python"
    assert sam.exists(), "sam's environment is missing; run scripts/prepare.sh sam"
    finished = subprocess.run(
        [sam, "tests/template/translate.py", "template.yaml", *parameters],
        cwd=ROOT,
        env={"AWS_DEFAULT_REGION": "us-east-1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))


def of(resources: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, one["Properties"]) for name, one in resources.items() if one["Type"] == kind)
