"""Table `uso_diario`: what each person and the whole deployment used on a day."""

from datetime import date

from falaai.database import Statements

# The row that counts for everybody together; no person has this id.
EVERYBODY = 0


def update_message_counts(sql: Statements, user_id: int, day: date, at_most: int, ceiling: int) -> int | None:
    """Count one message, for the person and for everybody. Returns the person's count, this message included.

    Returns None and counts nothing if the person has `at_most` messages, if everybody together has `ceiling`, or if
    the day has no counters yet. Both rows stay locked until the transaction ends: parallel messages wait.
    """
    return sql.update_returning(
        "UPDATE uso_diario todos JOIN uso_diario meu ON meu.dia = todos.dia"
        " SET todos.mensagens = todos.mensagens + 1, meu.mensagens = LAST_INSERT_ID(meu.mensagens + 1)"
        " WHERE todos.id_usuario = 0 AND todos.dia = %s AND todos.mensagens < %s"
        " AND meu.id_usuario = %s AND meu.mensagens < %s",
        (day, ceiling, user_id, at_most),
    )


def add_day(sql: Statements, user_id: int, day: date) -> None:
    """The day's counters, at zero, where there are none yet."""
    sql.run(
        "INSERT IGNORE INTO uso_diario (id_usuario, dia) VALUES (%s, %s), (%s, %s)", (EVERYBODY, day, user_id, day)
    )


def add_used_day(sql: Statements, user_id: int, day: date, messages: int) -> None:
    """The day's counter of a new account that does not begin at zero."""
    sql.run("INSERT INTO uso_diario (id_usuario, dia, mensagens) VALUES (%s, %s, %s)", (user_id, day, messages))


def count_messages(sql: Statements, user_id: int, day: date) -> int:
    """How many the person, or EVERYBODY together, has sent."""
    row = sql.find("SELECT mensagens FROM uso_diario WHERE id_usuario = %s AND dia = %s", (user_id, day))
    return row["mensagens"] if row else 0


# Enough to look back on a bill.
KEPT_DAYS = 400
_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def delete_old(sql: Statements, at_most: int) -> int:
    return sql.run(f"DELETE FROM uso_diario WHERE {_OLD} LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM uso_diario WHERE {_OLD}")  # noqa: S608 - constant condition
