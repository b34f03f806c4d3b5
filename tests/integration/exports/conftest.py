"""Fixtures for the export worker: a bucket of S3's protocol and a request for an archive."""

from collections.abc import Iterator

import pytest

from falaai.database import Database
from tests.support.attached_files import bucket_of_test
from tests.support.export_jobs import BUCKET, Bucket, Job
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud


@pytest.fixture
def bucket(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket_of_test(cloud, monkeypatch, BUCKET):
        yield Bucket(cloud)


@pytest.fixture
def job(database: Database, rows: Rows) -> Job:
    return Job(database, rows)
