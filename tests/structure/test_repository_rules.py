"""Settings, migrations, SQL and the security page follow the rules of the repository."""

import re

from falaai import settings
from tests.support.paths import ROOT
from tests.support.tracked_files import tracked

TEMPLATE = (ROOT / "template.yaml").read_text()
NAMES = sorted({name.upper() for group in settings.GROUPS for name in group.model_fields})
# The template makes these values; no operator sets them.
FROM_TEMPLATE = {
    "PICTURES_BUCKET",
    "POWERTOOLS_METRICS_NAMESPACE",
    "QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "TITLES_QUEUE_URL",
    "MEMORY_QUEUE_URL",
    "EMAIL_QUEUE_URL",
    "CLEANUP_QUEUE_URL",
    "EXPORT_QUEUE_URL",
}


def test_every_setting_is_in_the_template() -> None:
    assert [name for name in NAMES if not re.search(rf"^ +{name}:", TEMPLATE, re.MULTILINE)] == []


def test_every_setting_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    wanted = [name for name in NAMES if name not in FROM_TEMPLATE]
    assert [name for name in wanted if not re.search(rf"^# ?{name}=", example, re.MULTILINE)] == []


def test_no_registry_is_named() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org"]
    for name in tracked():
        text = (ROOT / name).read_bytes()
        assert not [host for host in hosts if host.encode() in text], name


def test_first_line_of_a_migration_says_why() -> None:
    for path in sorted((ROOT / "sql").glob("*.sql")):
        lines = path.read_text().splitlines()
        assert lines[0].startswith("-- "), path
        assert "-- transactional: false" in lines[1:3], path


def test_sql_stays_in_the_common_subset_of_tidb_and_mariadb() -> None:
    traps = r"\bRETURNING\b|\bCHECK\s*\(|SKIP LOCKED|FOR SHARE|CREATE TRIGGER|COLUMN IF NOT EXISTS|0900_ai_ci|->"
    for path in [*(ROOT / "sql").glob("*.sql"), *(ROOT / "layers").rglob("repositories/*.py")]:
        source = path.read_text()
        if path.suffix == ".py":
            source = "\n".join(re.findall(r'"(?:[^"\\]|\\.)*"', source))
        assert not re.search(traps, source), path


def test_every_test_that_security_md_names_exists() -> None:
    named = set(re.findall(r"`((?:tests/)?\w+\.py)`", (ROOT / "docs/security.md").read_text()))
    files = {path.name for path in ROOT.rglob("*.py") if ".venv" not in path.parts and ".devcloud" not in path.parts}
    assert {name for name in named if name.rpartition("/")[2] not in files} == set()
