"""Milliseconds of the operators' pages by the number of users, each with a month of use, acts and ratings.

One warm process of the admin function answers, as Lambda would run it. The number of users cannot alternate, so a
bare echo is measured beside each size as a reference. Each value is the median of RUNS. A file of accounts has at
most 2,000 of them, so its ratio begins at a size that fills it. Run: make bench PART=operators
"""

import json
from collections.abc import Callable
from datetime import date, timedelta

from bench.built_stack import BuiltStack
from bench.warm import echo_process, headers_of, p50
from falaai.repositories import audit, usage_totals
from falaai_admin.views import encode_cursor
from tests.support.histories import add_people
from tests.support.lambda_process import LambdaProcess, http_event
from tests.support.rows import Rows

PEOPLE = (1_000, 10_000, 100_000)
DAYS = 31
RUNS, WARM_UP_RUNS = 30, 5
MAX_RATIO = 1.2
# The first size that fills a file of accounts.
FILLED = 10_000
# Users of whom one has a failure each day, and of whom one rates a reply each day.
ONE_FAILURE_IN, ONE_RATING_IN = 100, 20
_DAYS = f"WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {DAYS})"
# Users of one statement that adds their month.
_BATCH = 1000

Measure = Callable[[], float]


def table(stack: BuiltStack) -> str:
    stack.product.run("UPDATE usuarios SET papel = 'admin' WHERE id = %s", stack.user_id)
    stack.member.http.get("/admin").raise_for_status()
    process = LambdaProcess(stack.cloud.function_processes("AdminFunction")[0])
    stack.member.http.get("/chat").raise_for_status()
    echo = echo_process(stack.cloud.function_processes("ChatFunction")[0])
    found: dict[str, list[float]] = {}
    try:
        for before, people in zip((0, *PEOPLE), PEOPLE, strict=False):
            _add(stack.product, before, people)
            stack.product.list("ANALYZE TABLE uso_total, falhas_diarias, avaliacoes, auditoria")
            stack.update_statistics()
            for name, figure in _medians(_measures(stack, process, echo)).items():
                found.setdefault(name, []).append(figure)
    finally:
        process.stop()
        echo.stop()
    return _table(found)


def _measures(stack: BuiltStack, process: LambdaProcess, echo: LambdaProcess) -> dict[str, Measure]:
    headers = headers_of(stack)
    last = stack.product.value("SELECT id FROM usuarios ORDER BY email DESC LIMIT 1 OFFSET 40")
    oldest = stack.product.list("SELECT id, feita_em FROM auditoria ORDER BY feita_em, id LIMIT 1 OFFSET 50")[0]
    place = encode_cursor(audit.Cursor(oldest["feita_em"], oldest["id"]))

    def get(path: str, page: bool = False, **query: str) -> Measure:
        accept = {"accept": "text/html"} if page else {}
        event = http_event("GET", path, **headers, **accept)
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        return _measure(process, event)

    def search(**body: object) -> Measure:
        return _measure(process, http_event("POST", "/admin/people", body=json.dumps(body), **headers))

    return {
        "people, first page": search(),
        "people, last page": search(depois=last),
        "people, search by prefix": search(prefixo="pessoa-9"),
        "use by day and month, page": get("/admin", page=True),
        "use of a month by day, CSV": get("/admin/usage.csv"),
        "use of a month by account, CSV": get("/admin/usage.csv", por="pessoa"),
        "own use, page": get("/uso", page=True),
        "audit, first page": get("/admin/audit"),
        "audit, last page": get("/admin/audit", depois=place),
        "bare echo": _measure(echo, http_event("POST", "/echo", body=json.dumps({"message": "Oi"}), **headers)),
    }


def _measure(process: LambdaProcess, event: dict[str, object]) -> Measure:
    def measure() -> float:
        seconds, answer = process.invoke(event)
        if answer.get("statusCode") != 200:
            raise RuntimeError(f"{event['path']} answered {answer}")
        return seconds * 1000

    return measure


def _medians(measures: dict[str, Measure]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(WARM_UP_RUNS + RUNS):
        for name, measure in measures.items():
            milliseconds = measure()
            if number >= WARM_UP_RUNS:
                times[name].append(milliseconds)
    return {name: p50(own) for name, own in times.items()}


def _add(rows: Rows, before: int, people: int) -> None:
    """Add users, and for each a month of use and one act; failures and ratings for some of them."""
    first = rows.value("SELECT MAX(id) FROM usuarios") + 1
    add_people(rows, before, people)
    last = rows.value("SELECT MAX(id) FROM usuarios")
    for start in range(first, last + 1, _BATCH):
        batch = (start, start + _BATCH - 1)
        rows.run(
            "INSERT INTO uso_diario (id_usuario, dia, mensagens, pensadas, buscas, consultas, tokens_entrada,"
            f" tokens_saida, bytes_enviados, arquivos, custo_microusd) {_DAYS} SELECT u.id,"
            " DATE(UTC_TIMESTAMP(6) - INTERVAL 3 HOUR) - INTERVAL i DAY, 12, 2, 1, 3, 18000, 4000, 300000, 1, 57400"
            " FROM usuarios u JOIN n WHERE u.id BETWEEN %s AND %s",
            *batch,
        )
        rows.run(
            f"INSERT INTO falhas_diarias (id_usuario, dia, codigo, contagem) {_DAYS} SELECT u.id,"
            " DATE(UTC_TIMESTAMP(6) - INTERVAL 3 HOUR) - INTERVAL i DAY, 'model_timed_out', 1 FROM usuarios u JOIN n"
            " WHERE u.id BETWEEN %s AND %s AND (u.id + i) %% %s = 0",
            *batch,
            ONE_FAILURE_IN,
        )
        rows.run(
            f"INSERT INTO avaliacoes (id_mensagem, geracao, id_usuario, nota, motivo, modelo, dia) {_DAYS} SELECT"
            " u.id * 100 + i, 1, u.id, 'ruim', 'tom', 'gemini-3.5-flash-lite',"
            " DATE(UTC_TIMESTAMP(6) - INTERVAL 3 HOUR) - INTERVAL i DAY FROM usuarios u JOIN n"
            " WHERE u.id BETWEEN %s AND %s AND (u.id + i) %% %s = 0",
            *batch,
            ONE_RATING_IN,
        )
        rows.run(
            "INSERT INTO auditoria (id_admin, id_alvo, acao, feita_em) SELECT 1, id, 'encerrar',"
            " UTC_TIMESTAMP(6) - INTERVAL id SECOND FROM usuarios WHERE id BETWEEN %s AND %s",
            *batch,
        )
    _add_totals(rows)


def _add_totals(rows: Rows) -> None:
    """Add the totals of the days that have ended, as the cleanup would have done every day."""
    rows.run("DELETE FROM uso_total")
    today: date = rows.value("SELECT DATE(UTC_TIMESTAMP(6) - INTERVAL 4 HOUR)")
    for number in range(1, DAYS):
        usage_totals.add_total(rows.database, today - timedelta(days=number))


def _table(found: dict[str, list[float]]) -> str:
    heads = [f"{size:,}" for size in PEOPLE]
    lines = [f"| p50 ms, users | {' | '.join(heads)} | ratio | wanted |", "|---" * (len(PEOPLE) + 3) + "|"]
    for name, figures in found.items():
        base = PEOPLE.index(FILLED) if name.endswith("by account, CSV") else 0
        cells = " | ".join(f"{figure:.1f}" for figure in figures)
        wanted = "" if name == "bare echo" else f"≤ {MAX_RATIO}"
        lines.append(f"| {name} | {cells} | {figures[-1] / figures[base]:.2f} (to {heads[base]}) | {wanted} |")
    return "\n".join(lines)
