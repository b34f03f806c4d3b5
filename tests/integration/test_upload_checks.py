"""The check of an upload on the real database and S3's protocol, when it is requested twice at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from falaai.database import Database
from falaai.repositories.attachments import State
from falaai.repositories.sessions import Session
from falaai_attachments.checks import check_upload
from falaai_attachments.object_store import ObjectStore
from tests.support.attached_files import AttachedFiles, bucket_of_test
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.uploaded_files import pdf

BUCKET = "bucket-of-uploads"


@dataclass
class SlowStore(ObjectStore):
    """A store whose download begins only after another request has ended."""

    other: Callable[[], object]

    def __post_init__(self) -> None:
        super().__init__(BUCKET)

    def download(self, key: str, to: Path, at_most: int) -> int | None:
        self.other()
        return super().download(key, to, at_most)


@pytest.fixture
def attached(cloud: RunningCloud, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> Iterator[AttachedFiles]:
    with bucket_of_test(cloud, monkeypatch, BUCKET) as s3:
        yield AttachedFiles(rows, s3, BUCKET)


def test_upload_that_another_request_checked_meanwhile_is_ready(
    database: Database, rows: Rows, session: Session, attached: AttachedFiles
) -> None:
    """The other request has deleted the upload, which is no sign that it never arrived."""
    upload, content = attached.unsent(session.user_id), pdf(1)
    attached.put(rows.value("SELECT chave FROM anexos WHERE id = %s", upload), content)
    rows.run("UPDATE anexos SET nome = 'contrato.pdf', tamanho = %s WHERE id = %s", len(content), upload)

    def other() -> None:
        assert check_upload(database, ObjectStore(BUCKET), session, upload).attachment.state is State.READY

    found = check_upload(database, SlowStore(other), session, upload)
    assert found.attachment.state is State.READY
    assert len(attached.objects()) == len(attached.ids()) == 1
