"""Table `contas_apagadas`: ids of deleted accounts, which a restored backup must not bring back."""

from collections.abc import Sequence

from falaai.database import Statements

# Ids are kept for this time. No backup may be kept longer: a restore would bring back accounts whose ids are gone.
KEPT_DAYS = 400
_OLD = f"apagada_em < UTC_TIMESTAMP(6) - INTERVAL {KEPT_DAYS} DAY"


def add_deleted_accounts(sql: Statements, user_ids: Sequence[int]) -> None:
    """Store the ids and the time. It must run in the transaction that deletes the accounts."""
    sql.run(
        "INSERT IGNORE INTO contas_apagadas (id, apagada_em)"
        " SELECT id, UTC_TIMESTAMP(6) FROM usuarios WHERE id IN %s",
        (tuple(user_ids),),
    )


def delete_old(sql: Statements, at_most: int) -> int:
    return sql.run(f"DELETE FROM contas_apagadas WHERE {_OLD} ORDER BY apagada_em LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM contas_apagadas WHERE {_OLD}")  # noqa: S608 - constant condition
