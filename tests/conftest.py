"""Fixtures: the cloud that all tests share, its users and fakes, and a database for rules and repositories."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from tests.support import granted_actions
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, database_for_rows, migrate
from tests.support.paths import ROOT
from tests.support.people import People, Person, product_of
from tests.support.rows import TABLES, Rows
from tests.support.running_cloud import ACTIONS, RunningCloud, start_cloud
from tests.support.seeds import SEED
from tests.support.services import FakeService
from tests.support.temporary_folders import temporary_folders
from tests.support.waiting import IS_WHOLE

# Generated examples are the same in each `make test`; `make test-faults` passes its seed to hypothesis. No time limit
# for an example: a busy machine would break it.
hypothesis.settings.register_profile(
    "falaai", derandomize=not IS_WHOLE, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("falaai")

PROBLEMS = pytest.StashKey[list[str]]()


class ByFile(LoadFileScheduling):
    """Schedule whole files, and all of tests/faults together: the cloud with fault proxies then starts only once."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/faults" if nodeid.startswith("tests/faults/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_report_header() -> str:
    return f"seed {SEED}"


def pytest_configure(config: pytest.Config) -> None:
    """Name the file in which all devclouds of this run record actions. Workers of xdist inherit the variable."""
    if not hasattr(config, "workerinput"):
        os.environ[ACTIONS] = str(Path(tempfile.mkdtemp(prefix="actions")) / "actions.jsonl")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a role lacked an action, and a whole run in which it never used one that it has."""
    if hasattr(session.config, "workerinput"):
        return
    record = Path(os.environ[ACTIONS])
    entries = granted_actions.recorded(record)
    shutil.rmtree(record.parent)
    problems = [*granted_actions.refused(entries)]
    if _is_whole(session):
        problems += granted_actions.unused(entries, granted_actions.grants())
    session.config.stash[PROBLEMS] = problems
    if problems and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if problems := config.stash.get(PROBLEMS, []):
        terminalreporter.section("permissions of the functions")
        for problem in problems:
            terminalreporter.line(problem, red=True)


def _is_whole(session: pytest.Session) -> bool:
    """Return whether all tests ran and passed. If not, an action may be unused because its test did not run."""
    chosen = session.config.option
    is_chosen = chosen.keyword or chosen.markexpr or chosen.deselect or chosen.ignore or chosen.ignore_glob
    folders = {Path(one).resolve() for one in session.config.args}
    return not is_chosen and ROOT / "tests" in folders and session.exitstatus == pytest.ExitCode.OK


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    temporary_folders(item.session).delete_ended()
    return result


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of a test. Like those of a module and of the session, it is kept only if a test failed meanwhile."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    yield from temporary_folders(request.session).use(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module")
def module_tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from temporary_folders(request.session).use(tmp_path_factory.mktemp(request.path.stem))


@pytest.fixture(scope="session")
def session_tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from temporary_folders(request.session).use(tmp_path_factory.mktemp("session"))


@pytest.fixture(scope="session")
def cloud(session_tmp_path: Path) -> Iterator[RunningCloud]:
    running = start_cloud(session_tmp_path / "cloud")
    yield running
    assert running.stop() == 0
    # This is the log of the whole run. It must not contain addresses, passwords, links, cookies or users' texts.
    secrets = json.loads((running.data / "secrets.json").read_text()).values()
    log = running.log.read_text()
    forbidden = ["@exemplo.com.br", "cavalo bateria", "argon2id", "demonstração", "palavra1", "Pergunta", *secrets]
    assert [word for word in forbidden if word in log] == []
    assert re.findall(r"(?:verify_link|redefinir-senha)/[\w-]{20}", log) == []


@pytest.fixture
def people(cloud: RunningCloud) -> Iterator[People]:
    people = People(cloud)
    yield people
    people.close()


@pytest.fixture
def person(people: People) -> Person:
    return people.stranger()


@pytest.fixture
def member(people: People) -> Person:
    return people.member()


@pytest.fixture(scope="session")
def product(cloud: RunningCloud) -> Rows:
    """The product's database, to check stored rows and to change their times."""
    return product_of(cloud)


@pytest.fixture(scope="session")
def database_server(session_tmp_path: Path) -> Iterator[DatabaseServer]:
    """A database server alone: tests of repositories and rules need no cloud."""
    server = DatabaseServer(session_tmp_path / "database_server")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def where(database_server: DatabaseServer) -> settings.DatabaseSettings:
    """Settings of a migrated database that only these tests use."""
    fresh = create_database(database_server.address, "falaai_db_integration")
    finished = migrate(fresh)
    assert finished.returncode == 0, finished.stderr
    return fresh


@pytest.fixture
def session_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Session key for rules that run in the test's process."""
    settings.read.cache_clear()
    monkeypatch.setenv("SESSION_SECRET_KEY", "k" * 40)
    yield "k" * 40
    settings.read.cache_clear()


@pytest.fixture
def database(where: settings.DatabaseSettings, session_secret: str) -> Database:
    assert session_secret
    own = database_for_rows(where)
    for table in TABLES:
        own.run(f"DELETE FROM {table}")
    return Database(lambda: connect(where))


@pytest.fixture
def rows(database: Database, where: settings.DatabaseSettings) -> Rows:
    assert database  # it has emptied the tables
    return Rows(database_for_rows(where))


@pytest.fixture
def gemini(cloud: RunningCloud) -> Iterator[FakeService]:
    fake = FakeService(str(cloud.addresses["gemini"]))
    httpx.delete(f"{fake.url}/admin/requests").raise_for_status()
    models = httpx.get(f"{fake.url}/admin/models").json()["models"]
    yield fake
    fake.fault(fault=None)
    httpx.put(f"{fake.url}/admin/pace", json={"delay": 0.03}).raise_for_status()
    httpx.put(f"{fake.url}/admin/models", json={"models": models}).raise_for_status()
    httpx.put(f"{fake.url}/admin/refused", json={"parameters": []}).raise_for_status()


@pytest.fixture
def sendgrid(cloud: RunningCloud) -> Iterator[FakeService]:
    fake = FakeService(str(cloud.addresses["sendgrid"]))
    yield fake
    fake.fault(status=None)
