"""Messages per second that retention deletes, compared with a bare `DELETE … LIMIT 1000` on a copy of the table.

The cleanup pauses PAUSE_FACTOR times as long as each batch takes, so that it does not slow down users; "at work"
excludes the pauses. Run: make bench PART=cleanup
"""

import time
from pathlib import Path

from bench.built_stack import BuiltStack
from falaai.connections import Connection, connect
from falaai.settings import DatabaseSettings

MESSAGES = 50_000
CONVERSATION_LENGTH = 10  # messages in a conversation
BATCH = 1000
RUNS = 3
CLEANUP_TASKS = Path(__file__).parent.parent / "functions/cleanup/falaai_cleanup/tasks.py"
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


def connection(stack: BuiltStack) -> Connection:
    database_settings = {
        f"db_{name}": stack.cloud.addresses["database"][name] for name in ("host", "port", "user", "password", "name")
    }
    return connect(DatabaseSettings(**database_settings), statement_seconds=120)


def add_rows(stack: BuiltStack, user: int) -> None:
    """Insert conversations unused for 100 days, and copy all messages to the table `bare`."""
    with connection(stack) as database, database.cursor() as cursor:
        cursor.execute("SET SESSION max_recursive_iterations = %s", (MESSAGES,))
        cursor.execute(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
            f" {_NUMBERS} SELECT %s, NOW(6), UTC_TIMESTAMP(6) - INTERVAL 100 DAY - INTERVAL i SECOND, %s FROM n",
            (MESSAGES // CONVERSATION_LENGTH, user, CONVERSATION_LENGTH),
        )
        cursor.execute(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            f" {_NUMBERS} SELECT c.id, n.i, IF(n.i %% 2, 'usuario', 'ia'), REPEAT('palavra ', 25), NOW(6)"
            " FROM conversas c CROSS JOIN n"
            " WHERE c.id_usuario = %s AND c.data_atualizacao < NOW(6) - INTERVAL 99 DAY",
            (CONVERSATION_LENGTH, user),
        )
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute("CREATE TABLE bare LIKE mensagens")
        cursor.execute("INSERT INTO bare SELECT * FROM mensagens")


def time_cleanup(stack: BuiltStack) -> float:
    """Return the seconds that the cleanup function takes to delete all rows."""
    began = time.perf_counter()
    rows = stack.cloud.invoke("CleanupFunction", {})
    lasted = time.perf_counter() - began
    if rows["messages"] != MESSAGES:
        raise RuntimeError(f"the cleanup deleted {rows}")
    return lasted


def time_bare_delete(stack: BuiltStack) -> float:
    """Return the seconds in which the bare statement, repeated, deletes all rows."""
    with connection(stack) as database, database.cursor() as cursor:
        began = time.perf_counter()
        while cursor.execute(f"DELETE FROM bare LIMIT {BATCH}"):
            pass
        return time.perf_counter() - began


def pause_factor() -> int:
    """Read PAUSE_FACTOR from the source: the function's package is not on this process's import path."""
    lines = CLEANUP_TASKS.read_text().splitlines()
    return next(int(line.split("=")[1]) for line in lines if line.startswith("PAUSE_FACTOR ="))


def table(stack: BuiltStack) -> str:
    user = stack.product.value("SELECT id FROM usuarios WHERE email = %s", stack.member.email)
    ours, bare = [], []
    for _ in range(RUNS):
        add_rows(stack, user)
        ours.append(MESSAGES / time_cleanup(stack))
        bare.append(MESSAGES / time_bare_delete(stack))
    ours.sort()
    bare.sort()
    whole, plain = ours[RUNS // 2], bare[RUNS // 2]
    at_work = whole * (1 + pause_factor())
    return "\n".join(
        [
            f"| {MESSAGES:,} messages | rows/s | of the bare |",
            "|---|---|---|",
            f"| bare `DELETE … LIMIT {BATCH}` | {plain:,.0f} | |",
            f"| the cleanup at work | {at_work:,.0f} | {at_work / plain:.2f} |",
            f"| with its pauses, {pause_factor()} times as long | {whole:,.0f} | {whole / plain:.2f} |",
        ]
    )
