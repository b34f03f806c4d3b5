"""Make targets, links, files and alarms that the docs name exist."""

import re

import pytest

from tests.support.paths import ROOT
from tests.support.tracked_files import tracked
from tests.support.translation import alarms

PAGES = tracked("*.md")
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_exist(name: str) -> None:
    named = set(re.findall(r"(?:`|\$ |^\s*)make ([a-z][a-z-]*)", (ROOT / name).read_text(), re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("name", PAGES)
def test_linked_files_exist(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    pages = [name for name in PAGES if re.match(r"docs/decisions/\d", name)]
    numbers = [int(name.split("/")[-1][:4]) for name in pages]
    assert sorted(numbers) == list(range(1, len(pages) + 1))
    headings = [int(re.match(r"# (\d+)\.", (ROOT / name).read_text())[1]) for name in pages]  # type: ignore[index]
    assert headings == numbers


@pytest.mark.parametrize("name", ["README.md", "README.pt-BR.md", "CONTRIBUTING.md"])
def test_files_named_in_the_guides_exist(name: str) -> None:
    """Paths from the root with a suffix, such as `tests/unit/test_dates.py`."""
    page = (ROOT / name).read_text()
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."))
    paths = set(re.findall(rf"(?<![\w/])((?:{folders})/[\w./-]+\.\w+)", page)) - {"sql/00NN.favorites.sql"}
    assert len(paths) > 5
    assert [path for path in sorted(paths) if not (ROOT / path).is_file()] == []


def test_test_commands_of_the_guide_select_tests() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    commands = re.findall(r"pytest (tests/[\w/]+\.py) -k (\w+)", guide)
    assert len(commands) > 2
    assert [
        (path, word) for path, word in commands if not re.search(rf"def test_\w*{word}", (ROOT / path).read_text())
    ] == []


def test_sequence_diagrams_have_no_semicolon() -> None:
    drawn = re.findall(
        r"```mermaid\nsequenceDiagram\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL
    )
    assert drawn
    assert ";" not in "".join(drawn)


def test_every_alarm_has_its_line_in_operations() -> None:
    told = re.findall(r"`(…?)(\w+Alarm)`", (ROOT / "docs/operations.md").read_text())
    exact = {name for rest, name in told if not rest}
    endings = tuple(name for rest, name in told if rest)
    assert len(alarms()) > 20
    assert [name for name in alarms() if name not in exact and not name.endswith(endings)] == []
    assert exact <= set(alarms())


def test_every_make_target_has_a_help_text_or_is_an_internal_step() -> None:
    helped = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    steps = {"built", "prepared", "lint-rules", "lint-format", "lint-security", "lint-pages"}
    assert TARGETS - helped == steps


def test_both_readmes_name_the_same_commands() -> None:
    commands = [
        set(re.findall(r"make ([a-z][a-z-]*)", (ROOT / name).read_text())) & TARGETS
        for name in ("README.md", "README.pt-BR.md")
    ]
    assert commands[0] == commands[1]
    assert len(commands[0]) > 5
