"""Deletion of an account in two steps: it is closed at once, and its rows are deleted in batches.

A single transaction for a long history would exceed the time limit of a statement, and on TiDB the size limit of a
transaction.
"""

from falaai.database import Statements
from falaai.repositories import conversations, deleted_accounts, file_deletions, messages, personal_data, users

# Messages deleted in one transaction.
BATCH = 1000
# Files deleted in one transaction: each may have a transcript and an excerpt.
FILES = 200
# Conversations locked at a time. Together they usually have about BATCH messages.
CONVERSATIONS = 100


def close_account(sql: Statements, user_id: int) -> None:
    """Delete all access to an account, and its name and address. Its other rows are left to `erase_batch`.

    The lock makes this and a request for an archive run one after the other.
    """
    users.lock_user(sql, user_id)
    personal_data.delete_access(sql, user_id)
    deleted_accounts.add_deleted_accounts(sql, [user_id])
    users.update_closed(sql, user_id)


def erase_batch(sql: Statements, user_id: int) -> bool:
    """Delete a batch of a closed account: attachments, messages, empty conversations, files; at last, the account.

    Returns whether rows are left. A call may be repeated, and calls may overlap. The objects of its files are left to
    the cleanup.
    """
    ids = conversations.lock_conversations(sql, user_id, CONVERSATIONS)
    if not ids:
        if file_deletions.delete_of_user(sql, user_id, BATCH, FILES):
            return True
        personal_data.delete_rows(sql, user_id)
        return False
    if file_deletions.delete_of_conversations(sql, ids, BATCH) == BATCH:
        return True
    if messages.delete_messages(sql, ids, BATCH) < BATCH:
        conversations.delete_conversations(sql, ids)
    return True
