"""CI runs the same commands as developers, with pinned actions."""

import re

import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
STEPS = [
    step for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]
]


def test_actions_are_pinned_by_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", one)] == []


def test_checkouts_keep_no_credentials() -> None:
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step.get("with", {}).get("persist-credentials") is not False] == []


def test_checkouts_have_the_history_in_which_tests_find_the_latest_release() -> None:
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert [step for step in checkouts if step["with"].get("fetch-depth") != 0] == []


def test_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = [re.match(r"make ([a-z-]+)", step["run"]) for step in STEPS if step.get("run", "").startswith("make ")]
    assert {match[1] for match in made if match} <= targets


def test_whole_suite_runs_on_both_database_servers() -> None:
    commands = {step["run"] for step in STEPS if "run" in step}
    assert {"make test", "make test DB=tidb"} <= commands


def test_ci_runs_all_that_make_check_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    check = re.search(r"--keep-going ([a-z ]+)$", makefile, re.MULTILINE)
    assert check
    commands = {step["run"] for step in STEPS if "run" in step}
    assert {f"make {target}" for target in check[1].split()} <= commands
