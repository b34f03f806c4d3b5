"""The templates as CloudFormation gets them: template.yaml translated, the loops of monitoring.yaml expanded."""

import json
import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS


def translate(*parameters: str, root: Path = ROOT) -> dict[str, Any]:
    """Translate `root`'s template.yaml with these parameters, given as NAME=VALUE; others have their defaults."""
    return _run(str(root), *parameters)


@cache
def monitoring() -> dict[str, Any]:
    """Return monitoring.yaml with its loops expanded."""
    return _run("--monitoring")


@cache
def alarms() -> dict[str, dict[str, Any]]:
    """Return the resources of all alarms by logical id."""
    resources = monitoring()["Resources"]
    return {name: one for name, one in resources.items() if one["Type"] == "AWS::CloudWatch::Alarm"}


def of(resources: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield logical id and properties of each resource of one type."""
    return ((name, one.get("Properties", {})) for name, one in resources.items() if one["Type"] == kind)


def _run(*arguments: str) -> dict[str, Any]:
    sam = ROOT / ".devcloud/sam/bin/python"
    assert sam.exists(), "sam's environment is missing; run scripts/prepare.sh sam"
    finished = subprocess.run(
        [sam, "tests/template/translate.py", *arguments],
        cwd=ROOT,
        env={"AWS_DEFAULT_REGION": "us-east-1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))
