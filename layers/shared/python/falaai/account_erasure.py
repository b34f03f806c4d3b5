"""Deletion of an account in two steps: it is closed at once, and its rows are deleted in batches.

One transaction for a long history would exceed the time of a statement, and on TiDB also the size of a transaction.
"""

from falaai.database import Statements
from falaai.repositories import conversations, deleted_accounts, messages, personal_data, users

# Messages deleted in one transaction.
BATCH = 1000
# Conversations locked at a time; usually they have about a batch of messages.
CONVERSATIONS = 100


def close_account(sql: Statements, user_id: int) -> None:
    """Delete all access to an account, and its name and address. Its other rows are left to `erase_batch`.

    The lock lets it wait for a request for an archive, and that request for it.
    """
    users.lock_user(sql, user_id)
    personal_data.delete_access(sql, user_id)
    deleted_accounts.add_deleted_accounts(sql, [user_id])
    users.update_closed(sql, user_id)


def erase_batch(sql: Statements, user_id: int) -> bool:
    """Delete some messages of a closed account, and the conversations that have none left; at last the account.

    Returns whether rows are left. It may be repeated and may run beside itself.
    """
    ids = conversations.lock_conversations(sql, user_id, CONVERSATIONS)
    if not ids:
        personal_data.delete_rows(sql, user_id)
        return False
    if messages.delete_messages(sql, ids, BATCH) < BATCH:
        conversations.delete_conversations(sql, ids)
    return True
