"""Tests and bench share code only through tests/support; tests of rules and repositories start no cloud."""

import ast
from pathlib import Path

import pytest

from tests.support.imports import imported_modules
from tests.support.paths import ROOT

# Tests in tests/integration that talk to the AWS emulator or to a fake. All others start a database, or nothing.
WITH_A_CLOUD = {
    *("test_attachment_deletions.py", "test_export_worker.py", "test_export_failures.py", "test_upload_checks.py"),
    *("test_cleanup.py", "test_email_sender.py"),
    *("test_batches.py", "test_cleanup_rounds.py", "test_correlation_ids.py", "test_dead_letters.py"),
    *("test_digests.py", "test_secrets_in_ssm.py", "test_stored_files.py"),
}


def imports_below(folder: str) -> set[tuple[str, str]]:
    """Return pairs of a file and a module that it imports."""
    paths = list((ROOT / folder).rglob("*.py"))
    assert paths
    return {(str(path.relative_to(ROOT)), name) for path in paths for name in imported_modules(path)}


def test_no_test_imports_bench() -> None:
    assert {(path, name) for path, name in imports_below("tests") if name.split(".")[0] == "bench"} == set()


def test_bench_imports_only_the_support_of_tests() -> None:
    from_tests = {(path, name) for path, name in imports_below("bench") if name.split(".")[0] == "tests"}
    assert from_tests
    assert {(path, name) for path, name in from_tests if not name.startswith("tests.support")} == set()


@pytest.mark.parametrize("folder", ["tests", "bench"])
def test_no_conftest_and_no_test_module_is_imported_as_a_library(folder: str) -> None:
    names = {(path, name) for path, name in imports_below(folder) if name.split(".")[0] in ("tests", "bench")}
    modules = {
        (path, part) for path, name in names for part in name.split(".")[1:] if part.startswith(("conftest", "test_"))
    }
    assert modules == set()


def fixtures_of(path: Path) -> dict[str, set[str]]:
    """Return the parameters of each function in a file, by its name."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return {one.name: {argument.arg for argument in one.args.args} for one in functions}


def requested(name: str, known: dict[str, set[str]]) -> set[str]:
    """Return all fixtures that `name` requests, directly or through others."""
    direct = known.get(name, set())
    return direct.union(*(requested(one, known) for one in direct - {name}))


def test_database_fixtures_start_no_cloud() -> None:
    known = fixtures_of(ROOT / "tests/conftest.py")
    assert "cloud" in requested("people", known)
    for name in ("database", "rows", "where"):
        assert "database_server" in requested(name, known)
        assert "cloud" not in requested(name, known)


def fixtures_above(path: Path) -> dict[str, set[str]]:
    """Return the fixtures of all conftests above a test's file. A deeper one replaces those of the same name."""
    folders = [folder for folder in reversed(path.parents) if folder.is_relative_to(ROOT / "tests")]
    conftests = [folder / "conftest.py" for folder in folders if (folder / "conftest.py").exists()]
    return {name: asked for conftest in conftests for name, asked in fixtures_of(conftest).items()}


def test_only_integration_tests_of_services_start_a_cloud() -> None:
    using = {
        path.name
        for path in (ROOT / "tests/integration").rglob("test_*.py")
        for known in [fixtures_above(path) | fixtures_of(path)]
        if any("cloud" in requested(name, known) for name in fixtures_of(path))
    }
    assert using == WITH_A_CLOUD
