"""Names follow docs/glossary.md: replaced words appear in no identifier and no module name of the product."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

REPLACED = {
    *("letter", "letters", "mailbox", "bury", "buried", "fold", "folding", "titling", "sweep", "swept", "chore"),
    *("chores", "afterwork", "standing", "overtaken", "rehearsed", "papers", "patient", "patiently"),
}
FOLDERS = ("functions", "layers/shared/python", "operations", "sql", "devcloud", "bench")
VERBS = {
    *("find", "get", "list", "add", "update", "delete", "count", "lock"),
    *("reserve", "truncate", "set", "save", "has"),
}


def words_of(identifier: str) -> set[str]:
    identifier = identifier.replace("dead_letter", "")  # SQS's own term
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


def identifiers(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name):
                yield name


def test_no_identifier_has_a_replaced_word() -> None:
    used = {
        f"{path.relative_to(ROOT)}: {name}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for name in identifiers(path)
        if words_of(name) & REPLACED
    }
    assert used == set()


def test_repository_functions_begin_with_a_verb_of_the_list() -> None:
    names = {
        f"{path.stem}.{node.name}"
        for path in (ROOT / "layers/shared/python/falaai/repositories").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and "sql" in {one.arg for one in node.args.args}
    }
    assert len(names) > 70
    assert {name for name in names if name.partition(".")[2].strip("_").partition("_")[0] not in VERBS} == set()
