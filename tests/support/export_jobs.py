"""A bucket with archives, and the worker's job for one of them."""

import io
import zipfile

from falaai.account_erasure import close_account
from falaai.database import Database, Statements
from falaai.export_files import key_of
from falaai.queue_messages import ExportRequested
from falaai.repositories import exports
from falaai.repositories.exports import State
from falaai_export.archive_store import ArchiveStore
from falaai_export.worker import export_data
from tests.support.fakes import FakeQueues
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client

BUCKET = "bucket-of-exports"


class Bucket:
    """The bucket of these tests, seen from outside of the product."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.s3 = aws_client(cloud, "s3")

    def names(self) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def uploads(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    def archive(self, export_id: int) -> zipfile.ZipFile:
        body = self.s3.get_object(Bucket=BUCKET, Key=key_of(export_id))["Body"].read()
        return zipfile.ZipFile(io.BytesIO(body))

    def leave_parts(self, export_id: int) -> None:
        """Leave what a killed try leaves."""
        begun = self.s3.create_multipart_upload(Bucket=BUCKET, Key=key_of(export_id))
        self.s3.upload_part(
            Bucket=BUCKET, Key=key_of(export_id), UploadId=begun["UploadId"], PartNumber=1, Body=b"old"
        )


class Job:
    """A user's request for an archive. `run` handles its message as a delivery of SQS does."""

    def __init__(self, database: Database, rows: Rows) -> None:
        self.database, self.rows, self.queues = database, rows, FakeQueues()
        self.user = rows.user()
        self.id = exports.add_export(database, self.user)
        self.message = ExportRequested(export_id=self.id, user_id=self.user)

    def run(self, store: ArchiveStore | None = None, age_seconds: float = 1) -> None:
        export_data(self.database, self.queues, store or ArchiveStore(BUCKET), self.message, age_seconds)

    def close_account(self) -> None:
        def close(sql: Statements) -> None:
            close_account(sql, self.user)

        self.database.transaction(close)

    @property
    def state(self) -> State | None:
        newest = exports.find_newest_export(self.database, self.user)
        return newest.state if newest else None
