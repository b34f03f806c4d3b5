"""Table `uso_diario`: what each person and the whole deployment used on a day."""

from datetime import date

from falaai.database import Statements

# The row that counts for everybody together; no person has this id.
EVERYBODY = 0


def add_message(sql: Statements, user_id: int, day: date) -> tuple[int, int]:
    """Count one message; how many the person and everybody together have now, this one included.

    The rows stay locked until the transaction ends, so of many parallel messages each sees its own count; who
    finds it beyond a limit raises, and the rollback takes the message back.
    """
    sql.run(
        "INSERT INTO uso_diario (id_usuario, dia, mensagens) VALUES (%s, %s, 1), (%s, %s, 1)"
        " ON DUPLICATE KEY UPDATE mensagens = mensagens + 1",
        (EVERYBODY, day, user_id, day),
    )
    rows = sql.list(
        "SELECT id_usuario, mensagens FROM uso_diario WHERE dia = %s AND id_usuario IN (%s, %s)",
        (day, EVERYBODY, user_id),
    )
    counts = {row["id_usuario"]: row["mensagens"] for row in rows}
    return counts[user_id], counts[EVERYBODY]


def count_messages(sql: Statements, user_id: int, day: date) -> int:
    row = sql.find("SELECT mensagens FROM uso_diario WHERE id_usuario = %s AND dia = %s", (user_id, day))
    return row["mensagens"] if row else 0


def add_tokens(sql: Statements, user_id: int, day: date, tokens_in: int, tokens_out: int) -> None:
    """What a reply cost, for the person and for everybody."""
    sql.run(
        "UPDATE uso_diario SET tokens_entrada = tokens_entrada + %s, tokens_saida = tokens_saida + %s"
        " WHERE dia = %s AND id_usuario IN (%s, %s)",
        (tokens_in, tokens_out, day, EVERYBODY, user_id),
    )


# Enough to look back on a bill.
KEPT_DAYS = 400
_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def delete_old(sql: Statements, at_most: int) -> int:
    return sql.run(f"DELETE FROM uso_diario WHERE {_OLD} LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM uso_diario WHERE {_OLD}")  # noqa: S608 - constant condition
