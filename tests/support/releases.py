"""Files of an earlier release, from the project's history."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def has_history() -> bool:
    """Return whether the repository is here with all commits; an archive or a shallow clone has none."""
    found = subprocess.run(["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() == "false"


def latest_release() -> str:
    """Return the commit that gave the newest version its heading in the changelog. Skips without the history."""
    version = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    commits = git("log", "--format=%H", f"-S## {version[1]}", "--", "CHANGELOG.md").split() if version else []
    if not has_history() or not commits:
        pytest.skip("this copy lacks the commit of the latest release; git fetch --unshallow brings it to a clone")
    return commits[-1].decode()


def unpack(commit: str, folder: Path) -> Path:
    """Write the files of a commit into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", folder], input=git("archive", commit), check=True)
    return folder
