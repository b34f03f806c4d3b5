"""Deletion of an account."""

from falaai.account_erasure import close_account, erase_batch
from falaai.database import Database, Statements
from falaai.deadlines import REQUEST_SECONDS, seconds_left
from falaai.errors import DatabaseUnavailable, LastAdmin, QueueUnavailable
from falaai.last_admin import is_last_admin
from falaai.logs import logger
from falaai.queue_messages import CleanupRequested
from falaai.queues import Queues
from falaai.repositories import exports, people
from falaai.repositories.sessions import Session
from falaai_auth.carried_usage import keep_usage
from falaai_auth.export_requests import ExportFiles
from falaai_auth.picture_store import PictureStore
from falaai_auth.profile import delete_unused_picture, get_user
from falaai_auth.reauthentication import confirm_password

# Seconds of the request reserved for the running batch and the response.
LAST_BATCH_SECONDS = 6.0


def delete_account(
    database: Database, store: PictureStore, files: ExportFiles, queues: Queues, session: Session, password: str
) -> None:
    """Close the account, then delete every row of the user, the profile picture and archives. It cannot be undone.

    A closed account cannot be found or used any more. If deleting its rows takes longer than a request may, the
    cleanup deletes the rest. It also deletes the objects of attached files, at once or, if the queue fails, in its
    next daily run.
    The last operator who can sign in stays, while there are other accounts.
    Raises InvalidInput for a wrong password, LastAdmin, NotSignedIn, TooManyRequests, DatabaseUnavailable.
    """
    user = get_user(database, session)
    confirm_password(database, user, session, password)

    def close(sql: Statements) -> list[int]:
        # Always locked: the role may have been given after the session was read.
        if is_last_admin(sql, user.id) and people.has_others(sql, user.id):
            raise LastAdmin("the last operator")
        keep_usage(sql, session)
        export_ids = exports.list_export_ids(sql, user.id)
        close_account(sql, user.id)
        return export_ids

    for export_id in database.transaction(close):
        files.delete(export_id)
    if user.picture:
        delete_unused_picture(store, user.picture)
    _erase(database, user.id)
    try:
        queues.send(CleanupRequested(only="closed_account", user_id=user.id))
    except QueueUnavailable as error:  # the account is already closed, so the request succeeds
        logger().warning("erasure not requested", extra={"user_id": user.id, "reason": str(error)})


def _erase(database: Database, user_id: int) -> None:
    """Delete batches until nothing is left, time runs out, or the database fails. The cleanup deletes the rest."""

    def batch(sql: Statements) -> bool:
        return erase_batch(sql, user_id)

    try:
        while seconds_left(REQUEST_SECONDS) > LAST_BATCH_SECONDS:
            if not database.transaction(batch):
                return
        reason = "out of time"
    except DatabaseUnavailable as error:  # the account is already closed, so the request succeeds
        reason = str(error)
    logger().warning("account not erased yet, the cleanup continues", extra={"user_id": user_id, "reason": reason})
