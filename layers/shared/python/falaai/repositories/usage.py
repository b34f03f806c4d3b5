"""Table `uso_diario`: messages and tokens of each user on a day, and the shares of the ceiling.

The ceiling limits the messages of all users together on one day. It is divided into SHARES parts. Share n of a day is
counted in the row with `id_usuario` -n; users have positive ids. One row for everybody would make all users wait for
each other.
"""

from datetime import date

from falaai.database import Statements

SHARES = 16


def update_message_counts(sql: Statements, user_id: int, day: date, share: int, share_limit: int) -> bool:
    """Count one message for the user and in one share of the ceiling.

    Returns False if the share has `share_limit` messages or is not open yet; then the caller must roll back. Both
    rows stay locked until the transaction ends.
    """
    counted = sql.run(
        "UPDATE uso_diario SET mensagens = mensagens + 1"
        " WHERE (id_usuario = %s AND dia = %s) OR (id_usuario = %s AND dia = %s AND mensagens < %s)",
        (user_id, day, -share, day, share_limit),
    )
    return counted == 2


def update_tokens(sql: Statements, user_id: int, day: date, tokens_in: int, tokens_out: int) -> None:
    """Add the tokens of one reply to the user's day."""
    sql.run(
        "UPDATE uso_diario SET tokens_entrada = tokens_entrada + %s, tokens_saida = tokens_saida + %s"
        " WHERE id_usuario = %s AND dia = %s",
        (tokens_in, tokens_out, user_id, day),
    )


def add_day(sql: Statements, user_id: int, day: date, messages: int = 0) -> bool:
    """Add the user's counter of a day. Returns False if it exists already."""
    added = sql.run(
        "INSERT IGNORE INTO uso_diario (id_usuario, dia, mensagens) VALUES (%s, %s, %s)", (user_id, day, messages)
    )
    return bool(added)


def add_shares(sql: Statements, day: date) -> None:
    """Add those shares of the day's ceiling that are not there yet.

    Run it outside a transaction: two transactions that insert the same rows and then update them deadlock.
    """
    rows = ", ".join(["(%s, %s)"] * SHARES)
    values = [value for share in range(SHARES) for value in (-share, day)]
    sql.run(f"INSERT IGNORE INTO uso_diario (id_usuario, dia) VALUES {rows}", values)  # noqa: S608 - placeholders only


def list_shares(sql: Statements, day: date) -> dict[int, int]:
    """Return the number of messages in each open share of the day's ceiling."""
    rows = sql.list(
        "SELECT id_usuario, mensagens FROM uso_diario WHERE id_usuario IN %s AND dia = %s",
        (tuple(-share for share in range(SHARES)), day),
    )
    return {-row["id_usuario"]: row["mensagens"] for row in rows}


def count_messages(sql: Statements, user_id: int, day: date) -> int:
    """Return the number of messages that the user has sent on a day."""
    row = sql.find("SELECT mensagens FROM uso_diario WHERE id_usuario = %s AND dia = %s", (user_id, day))
    return row["mensagens"] if row else 0


# More than a year, so that bills can be checked.
KEPT_DAYS = 400
_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def delete_old(sql: Statements, at_most: int) -> int:
    """Delete old counters of users and of the ceiling. Returns the number deleted."""
    return sql.run(f"DELETE FROM uso_diario WHERE {_OLD} LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    """Return the number of counters that `delete_old` would delete."""
    return sql.count(f"SELECT COUNT(*) FROM uso_diario WHERE {_OLD}")  # noqa: S608 - constant condition
