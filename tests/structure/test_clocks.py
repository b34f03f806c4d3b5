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


def test_current_time_is_never_rounded_into_the_future() -> None:
    """TiDB rounds UTC_TIMESTAMP without (6) to the next second, half a second ahead; MariaDB cuts it off."""
    folders = ("layers", "functions", "sql", "tests", "bench", "operations")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.*") if path.suffix in (".py", ".sql")]
    assert len(sources) > 150
    rounded = r"\b(UTC_TIMESTAMP|NOW|CURRENT_TIMESTAMP)\(\)"
    assert [str(path) for path in sources if re.search(rounded, path.read_text())] == []
