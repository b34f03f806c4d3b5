"""Table `transacoes`: one key per transaction, which `falaai.database` reads after a lost answer."""

from falaai.database import Statements

# Keys are needed only for the few seconds in which a transaction may be repeated.
_OLD = "feita_em < UTC_TIMESTAMP(6) - INTERVAL 1 HOUR"


def delete_old(sql: Statements, at_most: int) -> int:
    return sql.run(f"DELETE FROM transacoes WHERE {_OLD} ORDER BY feita_em LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM transacoes WHERE {_OLD}")  # noqa: S608 - constant condition
