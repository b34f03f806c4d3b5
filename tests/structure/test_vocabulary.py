"""Names, logs, comments, alarms and docs use the terms of docs/glossary.md and no words that these terms replaced."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.tracked_files import tracked

# Words that an identifier must not contain, in any language of the repository.
REPLACED_WORDS = {
    *("letter", "letters", "mailbox", "bury", "buried", "fold", "folding", "folded", "titling", "sweep"),
    *("swept", "chore", "chores", "afterwork", "standing", "overtaken", "rehearsed", "paper", "papers"),
    *("patient", "patiently", "nobody", "somebody", "whoever", "doubt", "wing"),
}
# Names that the glossary replaced as a whole; their parts are ordinary words.
REPLACED_NAMES = {
    *("Again", "Never", "Asked", "Piece", "Ending", "Services", "Place", "Built", "Life", "Work"),
    *("Fragile", "Deletion", "SignedIn", "TriedPassword", "made_by", "missing_row", "cursor_after", "cut"),
    *("give_title", "update_noting", "write_so_far", "keep_stopped_text", "has_ended_as", "is_in_doubt"),
    *("ask_instead", "in_thread", "let_go"),
}
# Words and phrases that no log message, alarm text or page may contain.
REPLACED_TEXT = re.compile(
    r"\b(mailbox|folding|folded|chores?|afterwork|titling|bury|buried|sweeps?|swept|papers?|stand-ins?|stands? in for"
    r"|whoever|nobody|somebody|look-ups?|the seed|first FalaAI|the house)\b"
    r"|\b(alarms? (that )?rings?|when it rings)\b|(?<!dead-)(?<!\d )\bletters?\b(?!, digits)",
    re.IGNORECASE,
)
FOLDERS = (
    "functions",
    "layers/shared/python",
    "operations",
    "sql",
    "devcloud",
    "fakes",
    "bench",
    "docs",
    "examples",
    "tests",
)
# The field `letter` of the email queue message keeps its name: messages of an older release may wait in the queue.
QUEUE_FIELDS = {"letter"}
VERBS = {
    *("find", "get", "list", "add", "update", "delete", "count", "lock"),
    *("reserve", "truncate", "set", "save", "has"),
}


def words_of(identifier: str) -> set[str]:
    identifier = re.sub(r"dead_?letter", "", identifier, flags=re.IGNORECASE)  # SQS's own term
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)}


def is_replaced(identifier: str) -> bool:
    return bool(words_of(identifier) & REPLACED_WORDS) or identifier.strip("_") in REPLACED_NAMES


def identifiers(path: Path) -> Iterator[str]:
    """Yield the module name and all names of functions, classes, arguments, variables, attributes and keywords."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(asname=str(name)):
                yield name
            case ast.keyword(arg=str(name)) if name not in QUEUE_FIELDS:
                yield name


def log_messages(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="debug" | "info" | "warning" | "error" | "exception" | "critical"),
                args=[first, *_],
            ):
                yield from (one.value for one in ast.walk(first) if isinstance(one, ast.Constant) and one.value)


def comments_and_docstrings(path: Path) -> Iterator[str]:
    source = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def prose_of(page: str) -> str:
    """Return the text of a Markdown page without code blocks, code spans and the targets of links."""
    return re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", " ", page, flags=re.DOTALL)


def python_files(*folders: str) -> list[Path]:
    return [ROOT / name for folder in folders for name in tracked(f"{folder}/**/*.py", f"{folder}/*.py")]


def test_no_python_identifier_has_a_replaced_word() -> None:
    files = python_files(*FOLDERS)
    assert len(files) > 200
    assert {
        f"{path.relative_to(ROOT)}: {name}" for path in files for name in identifiers(path) if is_replaced(name)
    } == set()


def test_no_script_or_stylesheet_identifier_has_a_replaced_word() -> None:
    files = [
        ROOT / name
        for name in tracked("functions/**/*.js", "layers/**/*.js", "functions/**/*.css", "layers/**/*.css")
    ]
    assert len(files) > 10
    used = set()
    for path in files:
        source = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.DOTALL)
        pattern = r"\.([a-zA-Z][\w-]*)" if path.suffix == ".css" else r"[A-Za-z_$][\w$]*"
        used |= {f"{path.name}: {name}" for name in re.findall(pattern, source) if words_of(name) & REPLACED_WORDS}
    assert used == set()


def test_no_resource_parameter_or_make_target_has_a_replaced_word() -> None:
    names = [
        name
        for template in tracked("*.yaml")
        for name in re.findall(r"^  ([A-Z]\w+):", (ROOT / template).read_text(), re.MULTILINE)
    ]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(names) > 80
    assert len(targets) > 20
    assert [name for name in (*names, *targets) if words_of(name) & REPLACED_WORDS] == []


def test_no_log_message_has_a_replaced_word() -> None:
    messages = [
        (path.name, message)
        for path in python_files("functions", "layers/shared/python", "devcloud", "operations")
        for message in log_messages(path)
    ]
    assert len(messages) > 15
    assert [one for one in messages if isinstance(one[1], str) and REPLACED_TEXT.search(one[1])] == []


def test_no_comment_or_docstring_of_the_product_has_a_replaced_word() -> None:
    texts = [
        (str(path.relative_to(ROOT)), prose_of(text))
        for path in python_files("functions", "layers/shared/python", "devcloud/src", "operations", "fakes", "bench")
        for text in comments_and_docstrings(path)
    ]
    assert len(texts) > 1000
    assert [(path, found[0]) for path, text in texts if (found := REPLACED_TEXT.search(text))] == []


def test_no_alarm_text_has_a_replaced_word() -> None:
    texts = [
        text
        for template in tracked("*.yaml")
        for text in re.findall(r"^ +AlarmDescription: (.+)$", (ROOT / template).read_text(), re.MULTILINE)
    ]
    assert len(texts) > 5
    assert [text for text in texts if REPLACED_TEXT.search(text)] == []


@pytest.mark.parametrize("name", tracked("*.md"))
def test_no_page_has_a_replaced_word(name: str) -> None:
    found = [match[0] for match in REPLACED_TEXT.finditer(prose_of((ROOT / name).read_text()))]
    assert name == "README.pt-BR.md" or found == []


def test_repository_functions_begin_with_a_verb_of_the_list() -> None:
    names = {
        f"{path.stem}.{node.name}"
        for path in (ROOT / "layers/shared/python/falaai/repositories").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and "sql" in {one.arg for one in node.args.args}
    }
    assert len(names) > 70
    assert {name for name in names if name.partition(".")[2].strip("_").partition("_")[0] not in VERBS} == set()
