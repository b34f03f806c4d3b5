"""Result blocks in docs/performance.md and docs/operations.md, between `<!-- bench: part -->` and `<!-- /bench -->`.

The block of a part that was measured on TiDB begins with `<!-- bench: part on tidb -->`.
"""

import platform
import re
import subprocess
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "docs/performance.md", ROOT / "docs/operations.md")
_BLOCK = re.compile(r"<!-- bench: (\w+)(?: on (\w+))? -->\n(.*?)<!-- /bench -->", re.DOTALL)


def parts(text: str, database: str = "mariadb") -> list[str]:
    """Return the names of the parts that have a block for this database in the page, in its order."""
    return [block[1] for block in _BLOCK.finditer(text) if (block[2] or "mariadb") == database]


def pages_with(part: str, database: str = "mariadb") -> list[Path]:
    """Return the pages that have a block of this part for this database."""
    return [page for page in PAGES if part in parts(page.read_text(), database)]


def replace_block(text: str, part: str, tables: str, database: str = "mariadb") -> str:
    """Replace the content of one part's block for this database. All other text stays unchanged."""

    def replaced(block: re.Match[str]) -> str:
        if (block[1], block[2] or "mariadb") != (part, database):
            return block[0]
        return f"{block[0].splitlines()[0]}\n{tables.strip()}\n<!-- /bench -->"

    return _BLOCK.sub(replaced, text)


def stamp() -> str:
    """Return a line with the date, commit and machine of the measurement."""
    # Ignore the pages themselves: the measurement changes them.
    pages = [f":!{page.relative_to(ROOT)}" for page in PAGES]
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *pages)
    commit = _git("rev-parse", "--short", "HEAD") + (" and changes since" if changed else "")
    machine = f"{cpu_count()} cores ({_processor()}), {platform.machine()}, Python {platform.python_version()}"
    return f"_{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {machine}_"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else "unknown processor"
