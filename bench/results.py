"""docs/performance.md: what is measured stands between `<!-- bench: part -->` and `<!-- /bench -->`."""

import platform
import re
import subprocess
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAPER = ROOT / "docs/performance.md"
_BLOCK = re.compile(r"<!-- bench: (\w+) -->\n(.*?)<!-- /bench -->", re.DOTALL)


def parts(text: str) -> list[str]:
    """The parts that the paper has a place for, in its order."""
    return [block[1] for block in _BLOCK.finditer(text)]


def with_tables(text: str, part: str, tables: str) -> str:
    """The paper with another content in one part's place; every other byte as it was."""

    def replaced(block: re.Match[str]) -> str:
        return f"<!-- bench: {part} -->\n{tables.strip()}\n<!-- /bench -->" if block[1] == part else block[0]

    return _BLOCK.sub(replaced, text)


def stamp() -> str:
    """Where, when and of what the figures are."""
    # The paper itself changes while it is written.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/performance.md")
    commit = _git("rev-parse", "--short", "HEAD") + (" and changes since" if changed else "")
    machine = f"{cpu_count()} cores ({_processor()}), {platform.machine()}, Python {platform.python_version()}"
    return f"_{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {machine}_"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else "unknown processor"
