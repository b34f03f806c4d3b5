"""Fixtures: a running devcloud on a small test project."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from running_devcloud import RunningDevcloud
from waiting import HANG_SECONDS, eventually

PROJECT = Path(__file__).with_name("project")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the test project."""
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture
def start(project: Path) -> Iterator[Callable[..., RunningDevcloud]]:
    """Function that starts devcloud on the project. Instances that still run after the test are stopped."""
    started: list[RunningDevcloud] = []

    def begin(*arguments: str, **options: Any) -> RunningDevcloud:
        started.append(RunningDevcloud(project, *arguments, **options))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDevcloud]:
    """One devcloud for all tests of a module. Its functions write to the file `journal`."""
    folder = tmp_path_factory.mktemp("cloud") / "project"
    shutil.copytree(PROJECT, folder)
    (folder / ".env").write_text(f"JOURNAL={folder}/journal\nGREETING=\nUNDECLARED=1\nDB_NAME=\n")
    running = RunningDevcloud(folder, environment={"GREETING": "from the shell"}).wait_until_ready()
    yield running
    assert running.end() == 0


@pytest.fixture
def http(cloud: RunningDevcloud) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cloud.addresses["gateway"], timeout=HANG_SECONDS) as client:
        yield client


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    """Function `eventually(condition)`, so that tests wait for a condition and not for a time."""
    return eventually
