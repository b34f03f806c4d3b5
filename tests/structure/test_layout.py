"""Every function has the same layout, so that a reader who knows one function knows all."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.imports import imported_modules
from tests.support.paths import ROOT

LAYER = ROOT / "layers/shared/python/falaai"
WEB = ("admin", "auth", "chat")
# Web functions without pages.
JSON = ("attachments",)
WORKERS = ("cleanup", "email", "export", "memory", "titles")
JSON_PARTS = ("application.py", "dependencies.py", "routes/__init__.py", "schemas.py")
WEB_PARTS = (*JSON_PARTS, "templates", "static")
# Modules with SQL outside of falaai/repositories, with the reason.
SQL_ELSEWHERE = {
    "database.py": "the key of each transaction, and the settings of a connection",
    "connections.py": "the settings of a connection",
}
# Layer modules that one function alone imports, with the reason.
ONE_USER = {
    "falaai.repositories": "all SQL is in one folder",
}
CHAT_MODULES = 12
CHAT_LAYERS = 5


def package(domain: str) -> Path:
    return ROOT / "functions" / domain / f"falaai_{domain}"


def modules_of(folder: Path) -> dict[str, Path]:
    """Return the modules of a package by dotted name. A package's name stands for its `__init__`."""
    return {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in folder.rglob("*.py")
    }


def import_graph(folder: Path) -> dict[str, set[str]]:
    modules = modules_of(folder)
    return {name: set(imported_modules(path)) & modules.keys() - {name} for name, path in modules.items()}


def layers_of(graph: dict[str, set[str]]) -> dict[str, int]:
    """Return the length of the longest import chain from each module. Raises AssertionError for a cycle."""
    layers: dict[str, int] = {}

    def layer(name: str, above: tuple[str, ...]) -> int:
        assert name not in above, f"import cycle: {' > '.join((*above, name))}"
        if name not in layers:
            layers[name] = 1 + max((layer(one, (*above, name)) for one in graph[name]), default=0)
        return layers[name]

    for name in graph:
        layer(name, ())
    return layers


def test_every_function_is_a_web_function_or_a_worker() -> None:
    found = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    assert found == sorted(WEB + JSON + WORKERS)


@pytest.mark.parametrize("domain", WEB)
def test_web_function_has_all_parts(domain: str) -> None:
    assert [part for part in WEB_PARTS if not (package(domain) / part).exists()] == []


@pytest.mark.parametrize("domain", JSON)
def test_web_function_without_pages_has_all_parts(domain: str) -> None:
    assert [part for part in JSON_PARTS if not (package(domain) / part).exists()] == []


@pytest.mark.parametrize("domain", WEB)
def test_templates_and_static_files_of_a_web_function_are_not_empty(domain: str) -> None:
    assert [name for name in ("templates", "static") if not list((package(domain) / name).glob("*.*"))] == []


@pytest.mark.parametrize("domain", WORKERS)
def test_worker_has_its_module_and_the_prompt_of_its_model(domain: str) -> None:
    modules = list(package(domain).glob("*.py"))
    asks_model = any("falaai.language_model" in imported_modules(path) for path in modules)
    assert (package(domain) / "worker.py").is_file()
    assert (package(domain) / "prompt.txt").is_file() == asks_model


@pytest.mark.parametrize("domain", WEB + JSON)
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


@pytest.mark.parametrize("domain", WEB + JSON)
def test_only_routes_and_their_wiring_know_fastapi_routers(domain: str) -> None:
    """A rule module beside routes/ defines no route."""
    rules = [path for path in package(domain).rglob("*.py") if path.parent.name != "routes"]
    assert [path.name for path in rules if re.search(r"^router = |@router\.", path.read_text(), re.MULTILINE)] == []


@pytest.mark.parametrize("domain", WEB + JSON + WORKERS)
def test_no_module_has_the_name_of_a_layer_module_that_it_imports(domain: str) -> None:
    layer = modules_of(LAYER)
    assert {
        f"{path.relative_to(package(domain))}: {name}"
        for path in package(domain).rglob("*.py")
        for name in imported_modules(path)
        if name in layer and name.rpartition(".")[2] == path.stem
    } == set()


def test_all_sql_is_in_repositories() -> None:
    statement = re.compile(
        r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|SET SESSION|REPLACE INTO)\s+\S+\s+\S", re.DOTALL
    )
    found = {
        str(path.relative_to(ROOT))
        for folder in (ROOT / "functions", LAYER)
        for path in folder.rglob("*.py")
        if path.parent.name != "repositories" and path.name not in SQL_ELSEWHERE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.match(node.value)
    }
    assert found == set()


def test_no_lambda_wraps_a_single_repository_function() -> None:
    """A repository function runs on the database itself; `database.transaction(work)` is for several statements."""
    repositories = {path.stem for path in (LAYER / "repositories").glob("*.py")}
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in (ROOT / "functions", LAYER)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Lambda)
        and isinstance(node.body, ast.Call)
        and isinstance(node.body.func, ast.Attribute)
        and isinstance(node.body.func.value, ast.Name)
        and node.body.func.value.id in repositories
    }
    assert found == set()


def test_layer_has_only_what_two_functions_or_the_layer_need() -> None:
    modules = modules_of(LAYER)
    users: dict[str, set[str]] = {name: set() for name in modules}
    for path in [*(ROOT / "functions").rglob("*.py"), *LAYER.rglob("*.py")]:
        user = path.relative_to(ROOT / "functions").parts[0] if path.is_relative_to(ROOT / "functions") else str(path)
        for name in set(imported_modules(path)) & modules.keys():
            users[name].add(user)
    packages = {name for name, path in modules.items() if path.name == "__init__.py"}
    single = {
        name: sorted(users[name])
        for name in modules.keys() - packages
        if not users[name] or (len(users[name]) == 1 and users[name] <= {*WEB, *JSON, *WORKERS})
    }
    assert {
        name: by for name, by in single.items() if name.rpartition(".")[0] not in ONE_USER and name not in ONE_USER
    } == {}


@pytest.mark.parametrize("folder", [LAYER, *map(package, WEB + JSON + WORKERS)], ids=lambda folder: folder.name)
def test_no_import_cycle(folder: Path) -> None:
    assert layers_of(import_graph(folder))


def parts_of(folder: Path) -> dict[str, set[str]]:
    """Return the import graph of a function's package, with each package in it, except routes/, as one module."""

    def part(name: str) -> str:
        parts = name.split(".")
        return name if parts[1:2] == ["routes"] else ".".join(parts[:2])

    graph = import_graph(folder)
    parts: dict[str, set[str]] = {part(name): set() for name in graph}
    for name, imported in graph.items():
        parts[part(name)] |= {part(one) for one in imported} - {part(name), folder.name, f"{folder.name}.routes"}
    return {name: imported for name, imported in parts.items() if name not in (folder.name, f"{folder.name}.routes")}


def test_chat_has_few_modules_on_few_layers() -> None:
    parts = parts_of(package("chat"))
    layers = layers_of(parts)
    assert len([name for name in parts if ".routes." not in name]) <= CHAT_MODULES
    assert max(layers.values()) <= CHAT_LAYERS, {name: layer for name, layer in layers.items() if layer > CHAT_LAYERS}
