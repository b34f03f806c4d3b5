"""Table `uso_total`: the use of all users together on days that have ended; and sums of `uso_diario`.

The cleanup adds one row for each day. Pages read rows of it, and sum up only the one or two days that have none yet.
So an answer takes as long with a hundred thousand users as with ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from falaai.database import Row, Statements

_SUMS = (
    "COALESCE(SUM(mensagens), 0) AS mensagens, COALESCE(SUM(pensadas), 0) AS pensadas,"
    " COALESCE(SUM(buscas), 0) AS buscas, COALESCE(SUM(consultas), 0) AS consultas,"
    " COALESCE(SUM(tokens_entrada), 0) AS tokens_entrada, COALESCE(SUM(tokens_saida), 0) AS tokens_saida,"
    " COALESCE(SUM(bytes_enviados), 0) AS bytes_enviados, COALESCE(SUM(arquivos), 0) AS arquivos,"
    " COALESCE(SUM(custo_microusd), 0) AS custo_microusd"
)
_COLUMNS = (
    "dia, pessoas, mensagens, pensadas, buscas, consultas, tokens_entrada, tokens_saida, bytes_enviados,"
    " arquivos, custo_microusd"
)
# A day of São Paulo ends at 03:00 UTC; its last replies end some minutes later.
_HAS_ENDED = "dia < DATE(UTC_TIMESTAMP(6) - INTERVAL 4 HOUR)"


@dataclass(frozen=True)
class Use:
    """The use of one user or of all of them, on one day or in a longer time.

    `queries` are those that Gemini made for the searches. `files` and
    `uploaded` are the number of uploaded files and their bytes. The cost is in millionths of a dollar.
    """

    people: int = 0
    messages: int = 0
    thinking: int = 0
    searches: int = 0
    queries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    uploaded: int = 0
    files: int = 0
    cost: int = 0


def find_missing_day(sql: Statements) -> date | None:
    """Return the first day with use that has ended and has no total, after the last day that has one."""
    row = sql.find(
        f"SELECT MIN(dia) AS dia FROM uso_diario WHERE {_HAS_ENDED}"  # noqa: S608 - constant condition
        " AND dia > (SELECT COALESCE(MAX(dia), '2000-01-01') FROM uso_total)"
    )
    return row["dia"] if row else None


def add_total(sql: Statements, day: date) -> None:
    """Add the total of a day, unless it is there. Shares of ceilings, with ids of 0 and less, are no users."""
    sql.run(
        f"INSERT IGNORE INTO uso_total ({_COLUMNS})"  # noqa: S608 - constant columns
        f" SELECT %s, COUNT(*), {_SUMS} FROM uso_diario WHERE dia = %s AND id_usuario > 0",
        (day, day),
    )


def list_totals(sql: Statements, first: date, last: date) -> dict[date, Use]:
    """Return the totals of the days from `first` to `last` that have one."""
    rows = sql.list(f"SELECT {_COLUMNS} FROM uso_total WHERE dia BETWEEN %s AND %s", (first, last))  # noqa: S608 - constants
    return {row["dia"]: _use_of(row) for row in rows}


def get_sum(sql: Statements, day: date) -> Use:
    """Sum up the use of all users on a day."""
    row = sql.find(
        f"SELECT COUNT(*) AS pessoas, {_SUMS} FROM uso_diario WHERE dia = %s AND id_usuario > 0",  # noqa: S608 - constants
        (day,),
    )
    return _use_of(row or {})


def list_of_users(sql: Statements, user_ids: Sequence[int], first: date, last: date) -> dict[int, Use]:
    """Return the use of each of these users from `first` to `last`. Users without any are left out."""
    rows = sql.list(
        f"SELECT id_usuario, {_SUMS} FROM uso_diario WHERE id_usuario IN %s AND dia BETWEEN %s AND %s"  # noqa: S608 - constants
        " GROUP BY id_usuario",
        (tuple(user_ids) or (0,), first, last),
    )
    return {row["id_usuario"]: _use_of(row) for row in rows}


def list_days_of_user(sql: Statements, user_id: int, first: date, last: date) -> dict[date, Use]:
    """Return the use of a user on each day from `first` to `last`. Days without any are left out."""
    rows = sql.list(
        "SELECT dia, mensagens, pensadas, buscas, consultas, tokens_entrada, tokens_saida, bytes_enviados,"
        " arquivos, custo_microusd FROM uso_diario WHERE id_usuario = %s AND dia BETWEEN %s AND %s",
        (user_id, first, last),
    )
    return {row["dia"]: _use_of(row) for row in rows}


def _use_of(row: Row) -> Use:
    columns = (
        *("pessoas", "mensagens", "pensadas", "buscas", "consultas", "tokens_entrada", "tokens_saida"),
        *("bytes_enviados", "arquivos", "custo_microusd"),
    )
    return Use(*(int(row.get(column, 0)) for column in columns))
