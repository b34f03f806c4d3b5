"""Functions built by `sam build` see their artifacts and Lambda's runtime, and no other package."""

import os
import subprocess
from pathlib import Path

import pytest

from devcloud.isolated_interpreter import isolated_interpreter
from waiting import HANG_SECONDS


def run(interpreter: Path, code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [interpreter, "-c", code], env=variables, capture_output=True, text=True, timeout=HANG_SECONDS
    )


def test_runtime_client_and_artifacts_are_there(tmp_path: Path) -> None:
    (tmp_path / "artifact.py").touch()
    code = "import awslambdaric.bootstrap, artifact"
    finished = run(isolated_interpreter(tmp_path / "data"), code, PYTHONPATH=str(tmp_path))
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("package", ["fastapi", "boto3", "pymysql", "aiohttp"])
def test_package_that_was_not_built_is_missing(tmp_path: Path, package: str) -> None:
    finished = run(isolated_interpreter(tmp_path), f"import {package}", PATH=os.environ["PATH"])
    assert f"No module named '{package}'" in finished.stderr
