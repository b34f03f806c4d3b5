"""scripts/prepare.sh on machines that lack a program or a right."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PINS = b"# no packages\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the script, a finished .venv, and `bin`, the whole PATH. The user is not root."""
    for folder in ("scripts", "requirements", ".venv/bin", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/prepare.sh", tmp_path / "scripts")
    (tmp_path / "requirements/dev.txt").write_bytes(PINS)
    (tmp_path / ".venv/.fingerprint").write_text(hashlib.sha256(PINS).hexdigest())
    program(tmp_path / ".venv/bin/python", "exit 0")
    program(tmp_path / "bin/id", "echo 1000")
    for name in ("bash", "cat", "cut", "dirname", "sha256sum"):
        link(tmp_path, name)
    return tmp_path


def program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def link(machine: Path, name: str) -> None:
    (machine / "bin" / name).symlink_to(shutil.which(name) or name)


def prepare(machine: Path, *parts: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [machine / "scripts/prepare.sh", *parts],
        env={"PATH": str(machine / "bin"), "HOME": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_the_command_for_debian_is_named(machine: Path) -> None:
    program(machine / "bin/apt-get", "exit 1")
    answer = prepare(machine, "faketime")
    assert answer.returncode == 1
    assert "run: sudo apt-get install --no-install-recommends faketime" in answer.stderr


def test_all_missing_packages_are_named_in_one_sentence(machine: Path) -> None:
    program(machine / "bin/apt-get", "exit 1")
    (machine / ".venv/.fingerprint").unlink()
    program(machine / "bin/python3", "exit 1")  # as Debian's without python3-venv, which has no ensurepip
    assert prepare(machine, "sam", "faketime").stderr == (
        "prepare: faketime, venv of python3 are missing, and only root can install;"
        " run: sudo apt-get install --no-install-recommends faketime python3-venv\n"
    )


def test_system_without_apt_get_is_not_told_to_use_it(machine: Path) -> None:
    answer = prepare(machine, "faketime")
    assert answer.returncode == 1
    assert "faketime is missing, and this system has no apt-get" in answer.stderr
    assert "sudo" not in answer.stderr


def test_finished_environment_is_kept_where_only_shasum_exists(machine: Path) -> None:
    (machine / "bin/sha256sum").unlink()
    program(machine / "bin/shasum", f'[ "$*" = "-a 256" ] && exec {shutil.which("sha256sum")}')
    answer = prepare(machine)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    ("settings", "arguments", "parts"),
    [
        ("", [], ["mariadb"]),
        ("DB_HOST=\n", [], ["mariadb"]),
        ("DB_HOST=db.example.org\n", [], []),
        ("", ["DB=tidb"], ["tidb"]),
    ],
)
def test_database_server_is_prepared_unless_the_settings_name_a_database(
    tmp_path: Path, settings: str, arguments: list[str], parts: list[str]
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".env").write_text(settings)
    commands = subprocess.run(
        ["make", "--dry-run", "run", *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},  # without the flags and variables of a make that runs this test
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert commands.splitlines()[0].split() == ["scripts/prepare.sh", *parts]
