"""Messages a second that retention deletes, beside a bare `DELETE … LIMIT 1000` of as many rows of an equal table.

The sweep rests REST times as long as it works, so that people who chat do not notice; "at work" leaves the rests out.
Run: make bench PART=sweep
"""

import time
from pathlib import Path

from bench.built import BuiltStack
from falaai.connections import Connection, connect
from falaai.settings import DatabaseSettings

MESSAGES = 50_000
LONG = 10  # messages in a conversation
BATCH = 1000
RUNS = 3
SWEEP = Path(__file__).parent.parent / "functions/cleanup/falaai_cleanup/tasks.py"
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


def connection(built: BuiltStack) -> Connection:
    there = {
        f"db_{name}": built.cloud.addresses["database"][name] for name in ("host", "port", "user", "password", "name")
    }
    return connect(DatabaseSettings(**there), statement_seconds=120)


def fill(built: BuiltStack, user: int) -> None:
    """Conversations unused for 100 days, and a table like that of the messages with as many rows."""
    with connection(built) as database, database.cursor() as cursor:
        cursor.execute("SET SESSION max_recursive_iterations = %s", (MESSAGES,))
        cursor.execute(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
            f" {_NUMBERS} SELECT %s, NOW(6), UTC_TIMESTAMP(6) - INTERVAL 100 DAY - INTERVAL i SECOND, %s FROM n",
            (MESSAGES // LONG, user, LONG),
        )
        cursor.execute(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            f" {_NUMBERS} SELECT c.id, n.i, IF(n.i %% 2, 'usuario', 'ia'), REPEAT('palavra ', 25), NOW(6)"
            " FROM conversas c CROSS JOIN n WHERE c.id_usuario = %s AND c.data_atualizacao < NOW() - INTERVAL 99 DAY",
            (LONG, user),
        )
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare LIKE mensagens")
        cursor.execute("INSERT INTO bare SELECT * FROM mensagens")


def swept(built: BuiltStack) -> float:
    """Seconds of the function until everything is gone."""
    began = time.perf_counter()
    rows = built.cloud.invoke("CleanupFunction", {})
    lasted = time.perf_counter() - began
    if rows["messages"] != MESSAGES:
        raise RuntimeError(f"the sweep took {rows}")
    return lasted


def deleted(built: BuiltStack) -> float:
    """Seconds of the bare statement, again and again until nothing is left."""
    with connection(built) as database, database.cursor() as cursor:
        began = time.perf_counter()
        while cursor.execute(f"DELETE FROM bare LIMIT {BATCH}"):
            pass
        return time.perf_counter() - began


def rest() -> int:
    return next(int(line.split("=")[1]) for line in SWEEP.read_text().splitlines() if line.startswith("REST ="))


def table(built: BuiltStack) -> str:
    user = built.product.value("SELECT id FROM usuarios WHERE email = %s", built.member.email)
    ours, bare = [], []
    for _ in range(RUNS):
        fill(built, user)
        ours.append(MESSAGES / swept(built))
        bare.append(MESSAGES / deleted(built))
    ours.sort()
    bare.sort()
    whole, plain = ours[RUNS // 2], bare[RUNS // 2]
    at_work = whole * (1 + rest())
    return "\n".join(
        [
            f"| {MESSAGES:,} messages | rows/s | of the bare |",
            "|---|---|---|",
            f"| bare `DELETE … LIMIT {BATCH}` | {plain:,.0f} | |",
            f"| the cleanup at work | {at_work:,.0f} | {at_work / plain:.2f} |",
            f"| with its rests, {rest()} times as long | {whole:,.0f} | {whole / plain:.2f} |",
        ]
    )
