"""Every function has the same layout, so that a reader who knows one knows all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

LAYER = ROOT / "layers/shared/python"
WEB = ("auth", "chat")
WORKERS = ("cleanup", "email", "memory", "titles")
WEB_PARTS = ("application.py", "dependencies.py", "routes/__init__.py", "schemas.py", "templates", "static")


def package(domain: str) -> Path:
    return ROOT / "functions" / domain / f"falaai_{domain}"


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the dotted name of each imported module; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))


def is_layer_module(name: str) -> bool:
    place = LAYER.joinpath(*name.split("."))
    return name.startswith("falaai.") and (place.with_suffix(".py").is_file() or (place / "__init__.py").is_file())


def test_every_function_is_a_web_function_or_a_worker() -> None:
    found = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    assert found == sorted(WEB + WORKERS)


@pytest.mark.parametrize("domain", WEB)
def test_web_function_has_all_parts(domain: str) -> None:
    assert [part for part in WEB_PARTS if not (package(domain) / part).exists()] == []


@pytest.mark.parametrize("domain", WEB)
def test_templates_and_static_files_of_a_web_function_are_not_empty(domain: str) -> None:
    assert [name for name in ("templates", "static") if not list((package(domain) / name).glob("*.*"))] == []


@pytest.mark.parametrize("domain", WORKERS)
def test_worker_has_its_module(domain: str) -> None:
    assert (package(domain) / "worker.py").is_file()


@pytest.mark.parametrize("domain", WEB)
def test_no_route_module_imports_another(domain: str) -> None:
    paths = sorted((package(domain) / "routes").glob("*.py"))
    routes = f"falaai_{domain}.routes"
    assert len(paths) > 2
    assert [
        f"{path.name}: {name}"
        for path in paths
        for name in imported_modules(path)
        if name == routes or name.startswith(f"{routes}.")
    ] == []


@pytest.mark.parametrize("domain", WEB + WORKERS)
def test_no_module_has_the_name_of_a_layer_module_that_it_imports(domain: str) -> None:
    assert {
        f"{path.relative_to(package(domain))}: {name}"
        for path in package(domain).rglob("*.py")
        for name in imported_modules(path)
        if is_layer_module(name) and name.rpartition(".")[2] == path.stem
    } == set()
