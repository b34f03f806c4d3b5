"""Folders of tests that passed are deleted; those of tests that failed are kept, with their logs."""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.temporary_folders import TemporaryFolders


@pytest.fixture
def session() -> SimpleNamespace:
    """The only part of a session that counts: the number of its failures."""
    return SimpleNamespace(testsfailed=0)


@pytest.fixture
def folders(session: SimpleNamespace) -> TemporaryFolders:
    return TemporaryFolders(session)  # type: ignore[arg-type]


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "log.txt").write_text("ready")
        return folder

    return make


def test_folder_is_deleted_after_the_report_of_a_test_that_passed(
    folders: TemporaryFolders, make: Callable[[str], Path]
) -> None:
    with contextmanager(folders.use)(make("data")) as folder:
        folders.delete_ended()
        assert (folder / "log.txt").exists(), "it is still in use"
    assert (folder / "log.txt").exists(), "its last test may still fail in its teardown"
    folders.delete_ended()
    assert not folder.exists()


def test_folder_is_kept_when_a_test_failed_while_it_was_in_use(
    folders: TemporaryFolders, session: SimpleNamespace, make: Callable[[str], Path]
) -> None:
    with contextmanager(folders.use)(make("shared")) as shared:
        with contextmanager(folders.use)(make("failed")) as failed:
            session.testsfailed += 1
        folders.delete_ended()
        with contextmanager(folders.use)(make("passed")) as passed:
            pass
        folders.delete_ended()
    folders.delete_ended()
    assert (failed / "log.txt").read_text() == (shared / "log.txt").read_text() == "ready"
    assert not passed.exists(), "an earlier failure is not its own"


def test_folder_is_kept_when_its_last_test_fails_in_its_teardown(
    folders: TemporaryFolders, session: SimpleNamespace, make: Callable[[str], Path]
) -> None:
    with contextmanager(folders.use)(make("data")) as folder:
        pass
    session.testsfailed += 1
    folders.delete_ended()
    assert (folder / "log.txt").exists()
