"""Only the database clock decides whether something has expired."""

import re

from tests.support.paths import ROOT

WALL_CLOCKS = r"\btime\.time\(|\bdatetime\.now\(|\butcnow\(|\.today\(|\blocaltime\("


def test_deployed_code_never_reads_the_clock_of_its_machine() -> None:
    deployed = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers").rglob("*.py")]
    assert len(deployed) > 50
    assert [str(path) for path in deployed if re.search(WALL_CLOCKS, path.read_text())] == []


def test_sql_uses_utc_only() -> None:
    sources = [*(ROOT / "layers").rglob("repositories/*.py"), *(ROOT / "sql").glob("*.sql")]
    local = r"\bNOW\(|\bCURDATE\(|\bCURRENT_TIMESTAMP|\bSYSDATE\(|[^_]\bCURRENT_DATE"
    assert [str(path) for path in sources if re.search(local, path.read_text())] == []
