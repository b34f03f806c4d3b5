"""Table `uso_diario`: messages of each mode, searches and tokens of each user on a day, and shares of the ceilings.

A ceiling limits the messages of one mode, or the searches, of all users together on one day. It is divided into
SHARES parts. Share n of a day is counted in the row with `id_usuario` -n; users have positive ids. One row for
everybody would make all users wait for each other.
"""

from datetime import date

from falaai.database import Statements
from falaai.modes import SEARCH, Counted, Mode

SHARES = 16

_COLUMNS: dict[Counted, str] = {Mode.FAST: "mensagens", Mode.THINK: "pensadas", SEARCH: "buscas"}
# LAST_INSERT_ID carries one number, so two counts are packed into it. No counter has as many searches in a day.
_PACKED = 1_000_000


def add_message(sql: Statements, counter_id: int, day: date, kind: Counted = Mode.FAST) -> int:
    """Count one message of the day in the counter of a user, or of a share of the ceiling. Add the counter if needed.

    Returns the number of messages of this kind with this one. The counter stays locked until the transaction ends, so
    no other message is counted in it before this one is committed or rolled back.
    """
    column = _COLUMNS[kind]
    repeated = sql.insert(
        f"INSERT INTO uso_diario (id_usuario, dia, {column}) VALUES (%s, %s, 1)"  # noqa: S608 - constant column
        f" ON DUPLICATE KEY UPDATE {column} = LAST_INSERT_ID({column} + 1)",
        (counter_id, day),
    )
    return repeated or 1  # 0 for a new row, which has one message


def add_searching_message(sql: Statements, counter_id: int, day: date, mode: Mode) -> tuple[int, int]:
    """Count one message that searches: in its mode, and as a search. Otherwise as `add_message`.

    Returns the numbers of messages of this mode and of searches, with this one.
    """
    column = _COLUMNS[mode]
    packed = sql.insert(
        f"INSERT INTO uso_diario (id_usuario, dia, {column}, buscas) VALUES (%s, %s, 1, 1)"  # noqa: S608 - constant column
        # The first assignment reads the old values of both columns on every server.
        f" ON DUPLICATE KEY UPDATE buscas = buscas + 1 + 0 * LAST_INSERT_ID(({column} + 1) * {_PACKED} + buscas + 1),"
        f" {column} = {column} + 1",
        (counter_id, day),
    )
    messages, searches = divmod(packed, _PACKED)
    return messages or 1, searches or 1  # 0 for a new row, which has one of each


def delete_messages(sql: Statements, user_id: int, day: date, kind: Counted, count: int = 1) -> None:
    """Subtract messages from the user's count of a day and kind.

    The caller counted them in this transaction, or records that they were subtracted.
    """
    column = _COLUMNS[kind]
    sql.run(
        f"UPDATE uso_diario SET {column} = GREATEST({column}, %s) - %s WHERE id_usuario = %s AND dia = %s",  # noqa: S608 - constant
        (count, count, user_id, day),
    )


def lock_messages(sql: Statements, user_id: int, day: date) -> None:
    """Wait for the user's messages that are being counted, and lock the counter until the transaction ends."""
    sql.find("SELECT mensagens FROM uso_diario WHERE id_usuario = %s AND dia = %s FOR UPDATE", (user_id, day))


def update_tokens(
    sql: Statements, user_id: int, day: date, tokens_in: int, tokens_out: int, queries: int = 0, cost: int = 0
) -> None:
    """Add the tokens of one reply, the queries of its search, and its cost to the user's day.

    The cost is in millionths of a dollar, with the queries. It may run twice if its answer is lost; then they count
    twice. No limit depends on them.
    """
    sql.run(
        "UPDATE uso_diario SET tokens_entrada = tokens_entrada + %s, tokens_saida = tokens_saida + %s,"
        " consultas = consultas + %s, custo_microusd = custo_microusd + %s WHERE id_usuario = %s AND dia = %s",
        (tokens_in, tokens_out, queries, cost, user_id, day),
    )


def add_job_use(sql: Statements, user_id: int, day: date, tokens_in: int, tokens_out: int, cost: int) -> None:
    """Add the tokens and the cost of a worker's model call to the user's day, which may have no counter yet.

    A deleted account gets no row. It may run twice as `update_tokens`.
    """
    sql.run(
        "INSERT INTO uso_diario (id_usuario, dia, tokens_entrada, tokens_saida, custo_microusd)"
        " SELECT u.id, %s, %s, %s, %s FROM usuarios u WHERE u.id = %s AND u.apagada_em IS NULL"
        " ON DUPLICATE KEY UPDATE tokens_entrada = tokens_entrada + VALUES(tokens_entrada),"
        " tokens_saida = tokens_saida + VALUES(tokens_saida),"
        " custo_microusd = custo_microusd + VALUES(custo_microusd)",
        (day, tokens_in, tokens_out, cost, user_id),
    )


def add_uploaded(sql: Statements, user_id: int, day: date, size: int) -> int:
    """Count one file of `size` bytes in the user's day. Returns the bytes of the day with these.

    The counter stays locked until the transaction ends.
    """
    repeated = sql.insert(
        "INSERT INTO uso_diario (id_usuario, dia, bytes_enviados, arquivos) VALUES (%s, %s, %s, 1)"
        " ON DUPLICATE KEY UPDATE bytes_enviados = LAST_INSERT_ID(bytes_enviados + %s), arquivos = arquivos + 1",
        (user_id, day, size, size),
    )
    return repeated or size  # 0 for a new row


def count_uploaded(sql: Statements, user_id: int, day: date) -> int:
    """Return the number of bytes that the user has uploaded on a day."""
    row = sql.find("SELECT bytes_enviados FROM uso_diario WHERE id_usuario = %s AND dia = %s", (user_id, day))
    return row["bytes_enviados"] if row else 0


def add_day(
    sql: Statements,
    user_id: int,
    day: date,
    messages: int = 0,
    thinking: int = 0,
    uploaded: int = 0,
    searches: int = 0,
) -> bool:
    """Add the user's counter of a day, with messages of both modes, uploaded bytes and searches.

    Returns False if it exists already.
    """
    added = sql.run(
        "INSERT IGNORE INTO uso_diario (id_usuario, dia, mensagens, pensadas, bytes_enviados, buscas)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (user_id, day, messages, thinking, uploaded, searches),
    )
    return bool(added)


def list_shares(sql: Statements, day: date, kind: Counted) -> dict[int, int]:
    """Return the number of messages in each share of the kind's ceiling. Shares without messages are left out."""
    rows = sql.list(
        f"SELECT id_usuario, {_COLUMNS[kind]} AS usadas FROM uso_diario WHERE id_usuario IN %s AND dia = %s",  # noqa: S608 - constant
        (tuple(-share for share in range(SHARES)), day),
    )
    return {-row["id_usuario"]: row["usadas"] for row in rows}


def count_messages(sql: Statements, user_id: int, day: date) -> dict[Counted, int]:
    """Return the number of messages of each kind that the user has sent on a day."""
    row = sql.find(
        "SELECT mensagens, pensadas, buscas FROM uso_diario WHERE id_usuario = %s AND dia = %s", (user_id, day)
    )
    return {kind: row[column] if row else 0 for kind, column in _COLUMNS.items()}


# More than a year, so that bills can be checked.
KEPT_DAYS = 400
_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def delete_old(sql: Statements, at_most: int) -> int:
    """Delete old counters of users and of the ceiling. Returns the number deleted."""
    return sql.run(f"DELETE FROM uso_diario WHERE {_OLD} ORDER BY dia LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    """Return the number of counters that `delete_old` would delete."""
    return sql.count(f"SELECT COUNT(*) FROM uso_diario WHERE {_OLD}")  # noqa: S608 - constant condition
