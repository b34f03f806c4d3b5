"""Allowed imports between packages, and the effects that an import must not have."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import HANG_SECONDS

LAYER = ROOT / "layers/shared/python"
DOMAINS = sorted(path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").exists())
GEMINI = ("langchain", "langchain_core", "langchain_google_genai", "google", "langsmith")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(folder: Path) -> dict[Path, set[str]]:
    return {path: {name.split(".")[0] for name in imports(path)} for path in folder.rglob("*.py")}


def run(domain: str, code: str, *more: str) -> str:
    """Run `code` in a fresh interpreter that sees what Lambda would show it, and no settings."""
    path = os.pathsep.join([str(ROOT / "functions" / domain), str(LAYER), *more])
    environment = {"PYTHONPATH": path, "PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": domain}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=HANG_SECONDS, cwd="/"
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_nine_domains() -> None:
    assert DOMAINS == ["admin", "attachments", "auth", "chat", "cleanup", "email", "export", "memory", "titles"]


@pytest.mark.parametrize("domain", DOMAINS)
def test_function_imports_no_other_function_and_no_local_cloud(domain: str) -> None:
    foreign = {f"falaai_{other}" for other in DOMAINS if other != domain} | {"devcloud", "fakes", "tests"}
    for path, names in roots(ROOT / "functions" / domain).items():
        assert not names & foreign, path


def test_layer_imports_no_function() -> None:
    for path, names in roots(LAYER).items():
        assert not {name for name in names if name.startswith("falaai_")} | (names & {"devcloud", "fakes"}), path


def test_devcloud_knows_nothing_of_the_product() -> None:
    words = re.compile(r"falaai|gemini|sendgrid|inbox", re.IGNORECASE)
    sources = [path for path in (ROOT / "devcloud").rglob("*") if path.suffix in {".py", ".md", ".toml", ".yaml"}]
    assert len(sources) > 30
    for path in sources:
        assert not words.search(path.read_text()), path
    for path, names in roots(ROOT / "devcloud").items():
        assert not {name for name in names if name.startswith(("falaai", "fakes"))}, path


def test_only_gemini_imports_langchain_or_google() -> None:
    for folder in (LAYER, ROOT / "functions"):
        for path, names in roots(folder).items():
            if path.parent != LAYER / "falaai/gemini":
                assert not names & set(GEMINI), path


@cache
def facts_after_import(domain: str) -> dict[str, Any]:
    """Import a function without settings or network. Anything that is read or connected at import would fail."""
    code = (
        "import gc, json, socket, sys\n"
        "def refuse(*_): raise SystemExit('something connects at import')\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "import app\n"
        "from falaai import settings\n"
        "names = {name.upper() for group in settings.CHECKED for name in group.model_fields}\n"
        "print(json.dumps({'callable': callable(app.handler), 'collects': gc.isenabled(), 'settings': len(names),\n"
        "    'settings_read': settings.read.cache_info().currsize, 'modules': list(sys.modules)}))"
    )
    return dict(json.loads(run(domain, code)))


@pytest.mark.parametrize("domain", DOMAINS)
def test_importing_a_function_loads_no_langchain_and_needs_no_settings(domain: str) -> None:
    facts = facts_after_import(domain)
    assert facts["callable"]
    assert not set(GEMINI) & set(facts["modules"])


@pytest.mark.parametrize("domain", DOMAINS)
def test_importing_a_function_loads_no_aws_client_and_leaves_garbage_to_be_collected(domain: str) -> None:
    facts = facts_after_import(domain)
    assert facts["collects"]
    assert not {"boto3", "botocore.client", "PIL", "zxcvbn"} & set(facts["modules"])
    assert not {"aws_lambda_powertools.utilities.parser", "pydantic_settings"} & set(facts["modules"])


def test_only_entry_points_pause_the_garbage_collector() -> None:
    """`end_cold_start` starts it again; a process without an entry point would never collect garbage."""
    importing = {
        path.name
        for folder in (LAYER, ROOT / "functions")
        for path in folder.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom) and "cold_start" in ast.unparse(node)
    }
    assert importing == {"app.py", "stream_app.py"}


@pytest.mark.parametrize("domain", DOMAINS)
def test_entry_point_imports_cold_start_first(domain: str) -> None:
    imported = ast.parse((ROOT / f"functions/{domain}/app.py").read_text()).body[1]
    assert ast.unparse(imported) == "from falaai import cold_start"


def test_only_cold_start_touches_the_garbage_collector() -> None:
    for folder in (LAYER, ROOT / "functions"):
        for path, names in roots(folder).items():
            assert "gc" not in names or path.name == "cold_start.py", path


def test_only_the_build_joins_scripts_and_styles() -> None:
    """A deployed layer has neither these modules nor their packages; sources use them when no build is there."""
    web = LAYER / "falaai/web"
    joining = {"falaai.web.static_build", "falaai.web.scripts", "falaai.web.styles", "rjsmin", "rcssmin"}
    for folder in (LAYER, ROOT / "functions"):
        for path in folder.rglob("*.py"):
            if path not in (web / "static_build.py", web / "scripts.py", web / "styles.py", web / "static_files.py"):
                assert not joining & set(imports(path)), path
    at_import = ast.parse((web / "static_files.py").read_text()).body
    assert not [
        node for node in at_import if isinstance(node, ast.ImportFrom) and "static_build" in ast.unparse(node)
    ]
    pinned = (ROOT / "requirements/layer.txt").read_text()
    assert not re.search(r"^(rjsmin|rcssmin)==", pinned, re.MULTILINE)


def test_no_module_puts_anything_into_the_list_of_imported_modules() -> None:
    for folder in (LAYER, ROOT / "functions"):
        for path in folder.rglob("*.py"):
            assert "sys.modules" not in path.read_text(), path


def test_sqs_and_ssm_are_reached_by_aws_requests_alone() -> None:
    """boto3 is for S3: a second client would have other deadlines and other retries."""
    for folder in (LAYER, ROOT / "functions"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("boto3.client", "boto3.resource"):
                    assert ast.unparse(node.args[0]) == "'s3'", path


@pytest.mark.parametrize("domain", DOMAINS)
def test_importing_a_function_reads_no_setting(domain: str) -> None:
    facts = facts_after_import(domain)
    assert facts["settings_read"] == 0
    assert facts["settings"] > 8


@pytest.mark.parametrize("domain", DOMAINS)
def test_entry_point_only_connects(domain: str) -> None:
    source = (ROOT / "functions" / domain / "app.py").read_text()
    assert len(source.splitlines()) <= 15
    kinds = {type(node).__name__ for node in ast.parse(source).body}
    assert kinds <= {"Expr", "ImportFrom", "Assign"}


def test_email_folder_does_not_hide_the_standard_library() -> None:
    assert not (ROOT / "functions/email/__init__.py").exists()
    assert not (ROOT / "functions/__init__.py").exists()
