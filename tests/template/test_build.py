"""The build recipe on its smallest function: the same bytes from anywhere, compiled for where Lambda puts them."""

import importlib.util
import marshal
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 13) and not os.environ.get("CI"), reason="a build needs Lambda's Python 3.13"
)


def build(folder: Path, umask: int, domain: str = "cleanup") -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of every file of the artifact."""
    folder.mkdir(parents=True)
    subprocess.run(
        [
            "make",
            "--silent",
            "-C",
            str(ROOT / "functions" / domain),
            f"build-{domain.capitalize()}Function",
            f"ARTIFACTS_DIR={folder}",
        ],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        check=True,
        umask=umask,
        timeout=HANG_SECONDS,
    )
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def artifact(module_tmp_path: Path) -> dict[str, tuple[int, bytes]]:
    return build(module_tmp_path / "here", 0o022)


def test_another_folder_and_umask_give_the_same_bytes_and_modes(
    artifact: dict[str, tuple[int, bytes]], tmp_path: Path
) -> None:
    assert "app.py" in artifact
    assert build(tmp_path / "some" / "where" / "else", 0o077) == artifact


def test_compiled_code_is_taken_as_it_is_and_names_lambdas_paths(artifact: dict[str, tuple[int, bytes]]) -> None:
    compiled = {name: content for name, (_, content) in artifact.items() if name.endswith(".pyc")}
    assert len(compiled) == sum(name.endswith(".py") for name in artifact)
    for name, content in compiled.items():
        assert content[:4] == importlib.util.MAGIC_NUMBER, name
        assert int.from_bytes(content[4:8], "little") == 0b01, f"{name}: hash-based, and not checked"
        assert marshal.loads(content[16:]).co_filename.startswith("/var/task/"), name  # noqa: S302 - our own bytes


def test_everybody_may_read_what_lambda_runs(artifact: dict[str, tuple[int, bytes]]) -> None:
    assert [name for name, (mode, _) in artifact.items() if mode & 0o044 != 0o044] == []


SERVE_WITHOUT_THE_BUNDLER = """
import sys
for name in ("falaai.web.static_build", "falaai.web.scripts", "falaai.web.styles", "rjsmin", "rcssmin"):
    sys.modules[name] = None
from falaai_chat.application import STATIC, build
from falaai.web.static_files import static_path
from starlette.testclient import TestClient
with TestClient(build()) as http:
    for name in ("chat.js", "chat.css"):
        answer = http.get(static_path(name, STATIC))
        print(answer.status_code, answer.headers["content-encoding"], len(answer.content))
"""


def test_scripts_and_styles_are_bundled_by_the_build_and_served_without_the_bundler(tmp_path: Path) -> None:
    artifact = build(tmp_path / "chat", 0o022, "chat")
    static = {name.removeprefix("falaai_chat/static/") for name in artifact if "/static/" in name}
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in static} >= {
        "built/chat.js",
        "built/chat.js.gz",
        "built/chat.css",
        "built/chat.css.gz",
    }
    assert not [name for name in static if not name.startswith("built/")]
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "chat"), str(ROOT / "layers/shared/python")])}
    served = subprocess.run(
        [sys.executable, "-c", SERVE_WITHOUT_THE_BUNDLER],
        env={**environment, "PATH": os.environ["PATH"], "PUBLIC_URL": "http://127.0.0.1:8000"},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        cwd="/",
        check=True,
    )
    assert [line.split()[:2] for line in served.stdout.splitlines()] == [["200", "gzip"]] * 2
