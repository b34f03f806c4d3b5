"""The plan of a statement, from either form of EXPLAIN: MariaDB's table of accesses or TiDB's tree of operators."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from falaai.database import Parameters, Row, Transaction


@dataclass(frozen=True)
class PlanStep:
    """One line of a plan. `rows` is the server's estimate of the rows read, `sorted_rows` of those sorted."""

    reads_all: bool
    rows: float
    sorted_rows: float
    line: str


def explain(sql: Transaction, statement: str, parameters: Parameters = ()) -> list[PlanStep]:
    """Let the server explain a statement that it does not run."""
    with sql.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return read_plan(cursor.fetchall())


def read_plan(lines: Sequence[Row]) -> list[PlanStep]:
    if lines and "estRows" in lines[0]:
        return [_operator(line, below) for line, below in zip(lines, [*lines[1:], {}], strict=True)]
    return [_access(line) for line in lines]


def _operator(line: Row, below: Row) -> PlanStep:
    """Read a line of TiDB's tree. The rows that an operator sorts are those of the line below it."""
    name = re.sub(r"^[^A-Za-z]*", "", line["id"])
    is_sort = name.startswith(("Sort", "TopN"))
    return PlanStep(
        reads_all=name.startswith(("TableFullScan", "IndexFullScan")),
        rows=_number(line) if "Scan" in name or "Get" in name else 0.0,
        sorted_rows=_number(below) if is_sort else 0.0,
        line=f"{line['id']} {line['estRows']} {line['access object']} {line['operator info']}",
    )


def _number(line: Row) -> float:
    estimate = line.get("estRows", "N/A")
    return 0.0 if estimate == "N/A" else float(estimate)


def _access(line: Row) -> PlanStep:
    """Read a line of MariaDB's table. A temporary table of the statement itself is as small as its own lines say."""
    # With a second index as a filter, MariaDB also writes how much passes it: "2 (0%)".
    table, rows = line["table"], float(str(line["rows"] or 0).split()[0])
    is_own = table is None or table.startswith(("<derived", "<union")) or line["select_type"] == "INSERT"
    is_sort = "filesort" in (line["Extra"] or "")
    return PlanStep(
        reads_all=not is_own and line["type"] in ("ALL", "index"),
        rows=0.0 if is_own else rows,
        sorted_rows=rows if is_sort and not is_own else 0.0,
        line=" ".join(str(value) for value in line.values()),
    )
