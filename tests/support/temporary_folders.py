"""Temporary folders of tests and of servers that tests share. Only those of failed tests are kept.

The setting `tmp_path_retention_policy` alone is not enough: in a run with a failure it keeps all folders of
`tmp_path_factory`, and it deletes the folder of a test whose setup or teardown failed.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


class TemporaryFolders:
    """Folders that have ended, and will be deleted unless a test failed while they were in use."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._ended: list[tuple[Path, int]] = []

    def use(self, folder: Path) -> Iterator[Path]:
        """Yield the folder, as a fixture does. The last test that uses it may still fail in its teardown."""
        failed_before = self._session.testsfailed
        yield folder
        self._ended.append((folder, failed_before))

    def delete_ended(self) -> None:
        """Delete ended folders. Call it when the test that ended them has been reported."""
        for folder, failed_before in self._ended:
            if self._session.testsfailed == failed_before:
                shutil.rmtree(folder, ignore_errors=True)  # a process that is still ending may write there
        self._ended.clear()


FOLDERS = pytest.StashKey[TemporaryFolders]()


def temporary_folders(session: pytest.Session) -> TemporaryFolders:
    return session.config.stash.setdefault(FOLDERS, TemporaryFolders(session))
