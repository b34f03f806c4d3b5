"""Requests for an archive of all data of a user, and links to the archive. The export function builds it."""

from functools import cache

from falaai import rate_limits, settings
from falaai.database import Database, Statements
from falaai.errors import ExportExpired, NotFound, NotSignedIn
from falaai.export_files import key_of
from falaai.logs import logger
from falaai.queue_messages import ExportRequested
from falaai.queues import Queues
from falaai.repositories import exports, users
from falaai.repositories.exports import Export, State
from falaai.repositories.sessions import Session
from falaai.s3 import S3Failed, delete_object, s3_client
from falaai.sao_paulo import day_of

# Short, because the link is used at once: the browser is redirected to it.
LINK_SECONDS = 60


class ExportFiles:
    """The finished archives in the bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def link(self, export: Export) -> str:
        """Return an address of the file that works for LINK_SECONDS, without a session."""
        name = f"falaai-{day_of(export.created_at).isoformat()}.zip"
        return s3_client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key_of(export.id),
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            },
            ExpiresIn=LINK_SECONDS,
        )

    def delete(self, export_id: int) -> None:
        """Delete a file that belongs to no row. If this fails, log it: the daily cleanup deletes such files."""
        try:
            delete_object(self._bucket, key_of(export_id))
        except S3Failed as error:
            logger().warning("export file not deleted", extra={"export_id": export_id, "reason": str(error)})


@cache
def export_files() -> ExportFiles:
    """Return the process's files in the bucket of the settings."""
    return ExportFiles(settings.read(settings.PictureSettings).pictures_bucket)


def request_export(database: Database, queues: Queues, session: Session) -> Export:
    """Request an archive, or return the request that is being prepared.

    Raises NotSignedIn, TooManyRequests, Unavailable.
    """
    if running := _running(exports.find_newest_export(database, session.user_id)):
        return running

    def add(sql: Statements) -> Export:
        # The lock makes two requests of one user, or a request and the deletion of the account, run one after the
        # other.
        if not users.lock_user(sql, session.user_id):
            raise NotSignedIn("the account is gone")
        if running := _running(exports.lock_newest_export(sql, session.user_id)):
            return running
        export_id = exports.add_export(sql, session.user_id)
        queues.send(ExportRequested(export_id=export_id, user_id=session.user_id))
        return exports.get_export(sql, session.user_id, export_id)

    with rate_limits.counted(database, rate_limits.EXPORTS_A_DAY.of(session.user_id)):
        return database.transaction(add)


def _running(newest: Export | None) -> Export | None:
    return newest if newest and newest.state is State.PREPARING else None


def link_to_export(database: Database, files: ExportFiles, session: Session, export_id: int) -> str:
    """Return a short-lived address of the file.

    Raises ExportExpired if the archive has expired, and NotFound if it is not ready or belongs to another user.
    """
    export = exports.get_export(database, session.user_id, export_id)
    if export.is_expired:
        raise ExportExpired(f"export {export_id}")
    if export.state is not State.READY:
        raise NotFound(f"export {export_id}")
    return files.link(export)


def size_in_words(size: int) -> str:
    """Format a number of bytes for users: "340 KB", "12,3 MB"."""
    kilobytes = max(1, round(size / 1000))
    return f"{kilobytes} KB" if kilobytes < 1000 else f"{size / 1_000_000:.1f} MB".replace(".", ",")
