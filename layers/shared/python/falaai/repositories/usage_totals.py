"""Table `uso_total`: the use of all users together on days that have ended; and sums of `uso_diario`.

The cleanup adds one row for each day. Pages read rows of it, and sum up only the one or two days that have none yet,
if few users have used them. So an answer takes as long with a hundred thousand users as with ten.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

from falaai.database import Row, Statements

_SUMS = (
    "COALESCE(SUM(mensagens), 0) AS mensagens, COALESCE(SUM(pensadas), 0) AS pensadas,"
    " COALESCE(SUM(buscas), 0) AS buscas, COALESCE(SUM(consultas), 0) AS consultas,"
    " COALESCE(SUM(tokens_entrada), 0) AS tokens_entrada, COALESCE(SUM(tokens_saida), 0) AS tokens_saida,"
    " COALESCE(SUM(bytes_enviados), 0) AS bytes_enviados, COALESCE(SUM(arquivos), 0) AS arquivos,"
    " COALESCE(SUM(custo_microusd), 0) AS custo_microusd"
)
# In the order of the fields of Use.
_USE_COLUMNS = (
    *("pessoas", "mensagens", "pensadas", "buscas", "consultas", "tokens_entrada", "tokens_saida"),
    *("bytes_enviados", "arquivos", "custo_microusd"),
)
# Users of one statement of `list_of_users`.
MOST_USERS = 500
# Users of a day that one statement sums up. A page shows no day with more of them before its total is added.
MOST_SUMMED = 5000
# A day of São Paulo ends at 03:00 UTC; its last replies end some minutes later.
_HAS_ENDED = "dia < DATE(UTC_TIMESTAMP(6) - INTERVAL 4 HOUR)"


@dataclass(frozen=True)
class Use:
    """The use of one user or of all of them, on one day or in a longer time.

    `queries` are those that Gemini made for the searches. `files` and `uploaded` are the number of uploaded files and
    their bytes. The cost is in millionths of a dollar.
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

    def plus(self, other: "Use") -> "Use":
        return Use(*(sum(pair) for pair in zip(astuple(self), astuple(other), strict=True)))


def find_missing_day(sql: Statements) -> date | None:
    """Return the first day with use that has ended and has no total, after the last day that has one."""
    row = sql.find(
        f"SELECT MIN(dia) AS dia FROM uso_diario WHERE {_HAS_ENDED}"  # noqa: S608 - constant condition
        " AND dia > (SELECT COALESCE(MAX(dia), '2000-01-01') FROM uso_total)"
    )
    return row["dia"] if row else None


def add_total(sql: Statements, day: date) -> None:
    """Add the total of a day, unless it is there. The use of MOST_SUMMED users is read at a time."""
    total, after = Use(), 0
    while True:
        part, after = _get_sum_after(sql, day, after)
        total = total.plus(part)
        if part.people < MOST_SUMMED:
            break
    columns = ("dia", *_USE_COLUMNS)
    sql.run(
        f"INSERT IGNORE INTO uso_total ({', '.join(columns)})"  # noqa: S608 - constant columns
        f" VALUES ({', '.join(['%s'] * len(columns))})",
        (day, *astuple(total)),
    )


def list_totals(sql: Statements, first: date, last: date) -> dict[date, Use]:
    """Return the totals of the days from `first` to `last` that have one."""
    columns = ", ".join(_USE_COLUMNS)
    rows = sql.list(f"SELECT dia, {columns} FROM uso_total WHERE dia BETWEEN %s AND %s", (first, last))  # noqa: S608 - constants
    return {row["dia"]: _use_of(row) for row in rows}


def find_sum(sql: Statements, day: date) -> Use | None:
    """Sum up the use of all users on a day. Returns None if there are more than MOST_SUMMED of them."""
    users = sql.count(
        "SELECT COUNT(*) FROM (SELECT id_usuario FROM uso_diario FORCE INDEX (uso_dia)"
        " WHERE dia = %s AND id_usuario > 0 LIMIT %s) AS d",
        (day, MOST_SUMMED + 1),
    )
    return None if users > MOST_SUMMED else _get_sum_after(sql, day, 0)[0]


def _get_sum_after(sql: Statements, day: date, after_id: int) -> tuple[Use, int]:
    """Sum up the use of MOST_SUMMED users after an id. Returns the last id too, or 0 without a user.

    Shares of ceilings, with ids of 0 and less, are no users.
    """
    row = sql.find(
        f"SELECT COUNT(*) AS pessoas, COALESCE(MAX(id_usuario), 0) AS ultimo, {_SUMS} FROM"  # noqa: S608 - constants
        f" (SELECT id_usuario, {', '.join(_USE_COLUMNS[1:])} FROM uso_diario FORCE INDEX (uso_dia)"
        " WHERE dia = %s AND id_usuario > %s"
        " ORDER BY id_usuario LIMIT %s) AS d",
        (day, after_id, MOST_SUMMED),
    )
    return (_use_of(row), row["ultimo"]) if row else (Use(), 0)


def list_of_users(sql: Statements, user_ids: Sequence[int], first: date, last: date) -> dict[int, Use]:
    """Return the use of each of these users from `first` to `last`. Users without any are left out.

    At most MOST_USERS: MariaDB makes a table of a longer list, and joins it with the days of all users.
    """
    rows = sql.list(
        f"SELECT id_usuario, {_SUMS} FROM uso_diario FORCE INDEX (PRIMARY)"  # noqa: S608 - constants
        " WHERE id_usuario IN %s AND dia BETWEEN %s AND %s"
        " GROUP BY id_usuario",
        (tuple(user_ids) or (0,), first, last),
    )
    return {row["id_usuario"]: _use_of(row) for row in rows}


def list_days_of_user(sql: Statements, user_id: int, first: date, last: date) -> dict[date, Use]:
    """Return the use of a user on each day from `first` to `last`. Days without any are left out."""
    rows = sql.list(
        f"SELECT dia, {', '.join(_USE_COLUMNS[1:])} FROM uso_diario"  # noqa: S608 - constant columns
        " WHERE id_usuario = %s AND dia BETWEEN %s AND %s",
        (user_id, first, last),
    )
    return {row["dia"]: _use_of(row) for row in rows}


def _use_of(row: Row) -> Use:
    return Use(*(int(row.get(column, 0)) for column in _USE_COLUMNS))
