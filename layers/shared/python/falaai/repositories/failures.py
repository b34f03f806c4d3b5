"""Table `falhas_diarias`: how many replies of each user failed on a day, by code. No text is in it."""

from datetime import date

from falaai.database import Statements
from falaai.repositories.usage import KEPT_DAYS

_OLD = f"dia < UTC_DATE() - INTERVAL {KEPT_DAYS} DAY"


def add_failure(sql: Statements, user_id: int, day: date, code: str) -> None:
    """Count a failed reply. It may run twice if its answer is lost; then the failure counts twice.

    Each user has own rows, so that users do not wait for each other while Gemini fails.
    """
    sql.run(
        "INSERT INTO falhas_diarias (id_usuario, dia, codigo, contagem) VALUES (%s, %s, %s, 1)"
        " ON DUPLICATE KEY UPDATE contagem = contagem + 1",
        (user_id, day, code),
    )


# The newest counts, of one user, day and code each, that one statement adds up.
MOST_COUNTED = 2000


def list_failures(sql: Statements, first: date, last: date) -> dict[str, int]:
    """Return the number of failed replies of all users from `first` to `last` by code, the most frequent first.

    Of a large number only the newest MOST_COUNTED counts are added up.
    """
    rows = sql.list(
        "SELECT codigo, SUM(contagem) AS falhas FROM (SELECT codigo, contagem FROM falhas_diarias"
        " FORCE INDEX (falhas_dia) WHERE dia BETWEEN %s AND %s ORDER BY dia DESC LIMIT %s) AS f GROUP BY codigo",
        (first, last, MOST_COUNTED),
    )
    rows.sort(key=lambda row: (-row["falhas"], row["codigo"]))
    return {row["codigo"]: int(row["falhas"]) for row in rows}


def delete_old(sql: Statements, at_most: int) -> int:
    return sql.run(f"DELETE FROM falhas_diarias WHERE {_OLD} ORDER BY dia LIMIT %s", (at_most,))  # noqa: S608 - constant condition


def count_old(sql: Statements) -> int:
    return sql.count(f"SELECT COUNT(*) FROM falhas_diarias WHERE {_OLD}")  # noqa: S608 - constant condition
