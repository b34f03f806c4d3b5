"""Cleanup of a database with a million users and three million sessions, with nothing and with very much to delete.

The cleanup function runs on devcloud, as on its schedule, and continues itself by queue messages. Meanwhile people
chat, and their latency is compared with that before the cleanup.
Run: make bench PART=large_database (DB=tidb)
"""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles
from threading import Event
from typing import Any

from bench.built_stack import BuiltStack, set_reply_seconds
from bench.cleanup import connection
from tests.support.chatting import latencies

USERS = 1_000_000
SESSIONS_OF_USER = 3
MESSAGES = 667_000
CONVERSATION_LENGTH = 10  # messages in a conversation
BATCH = 10_000  # users added by one statement; TiDB limits the bytes of a transaction
RUNS = 3
MOST_SECONDS = 2.0  # wanted if there is nothing to delete
PEOPLE = 10  # who chat before and during the large cleanup
BEFORE_SECONDS = 60.0
GEMINI_SECONDS = 0.1
MOST_RISE = 0.2  # wanted for the p95 of their answers
_THOUSAND = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"


def add_users(cursor: Any, first: int) -> None:
    """Add BATCH users with ids from `first` on, each with sessions that have not ended."""
    cursor.execute(
        "INSERT INTO usuarios (id, nome, email, senha, termos_registro, data_registro, email_verified)"
        f" {_THOUSAND}, many (i) AS (SELECT (b.i - 1) * 1000 + a.i FROM n a CROSS JOIN n b WHERE b.i <= %s)"
        " SELECT %s + i, 'Ana Souza', CONCAT('muitas', %s + i, '@exemplo.com.br'), REPEAT('x', 97), TRUE,"
        " UTC_TIMESTAMP(6), TRUE FROM many",
        (BATCH // 1000, first - 1, first),
    )
    for number in range(SESSIONS_OF_USER):
        cursor.execute(
            "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
            " SELECT SHA2(CONCAT(id, '-', %s), 256), id, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),"
            " UTC_TIMESTAMP(6) + INTERVAL 7 DAY FROM usuarios WHERE id BETWEEN %s AND %s",
            (number, first, first + BATCH - 1),
        )


def add_old_messages(cursor: Any, first: int, count: int) -> None:
    """Add one conversation, unused for 100 days, to each of `count` users with ids from `first` on."""
    users = (first, first + count - 1)
    cursor.execute(
        "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
        " SELECT id, NOW(6), UTC_TIMESTAMP(6) - INTERVAL 100 DAY - INTERVAL id %% 86400 SECOND, %s"
        " FROM usuarios WHERE id BETWEEN %s AND %s",
        (CONVERSATION_LENGTH, *users),
    )
    cursor.execute(
        f"INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio) {_THOUSAND}"
        " SELECT c.id, n.i, IF(n.i %% 2, 'usuario', 'ia'), REPEAT('palavra ', 25), NOW(6)"
        " FROM conversas c CROSS JOIN n WHERE n.i <= %s AND c.id_usuario BETWEEN %s AND %s",
        (CONVERSATION_LENGTH, *users),
    )


def time_empty_cleanup(stack: BuiltStack) -> float:
    """Return the seconds that the cleanup function takes if it finds nothing to delete; the median of RUNS."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        deleted = stack.cloud.invoke("CleanupFunction", {})
        took.append(time.perf_counter() - began)
        if any(deleted.values()):
            raise RuntimeError(f"the cleanup deleted {deleted}")
    return sorted(took)[RUNS // 2]


def time_large_cleanup(stack: BuiltStack, ended: Event) -> float:
    """Return the seconds from the start of the cleanup until its last round has deleted the last conversation."""
    began = time.perf_counter()
    try:
        stack.cloud.invoke("CleanupFunction", {})
        while stack.product.list(
            "SELECT id FROM conversas WHERE data_atualizacao < NOW(6) - INTERVAL 90 DAY LIMIT 1"
        ):
            time.sleep(0.5)
    finally:
        ended.set()
    return time.perf_counter() - began


def measure_large_cleanup(stack: BuiltStack) -> tuple[float, list[float], list[float]]:
    """Return the seconds of the large cleanup, and those of the answers to people before it and during it."""
    everybody = [stack.people.member() for _ in range(PEOPLE)]
    set_reply_seconds(stack.cloud, GEMINI_SECONDS)
    with ThreadPoolExecutor(PEOPLE) as pool:  # all at once, so that there is a warm process for each
        list(pool.map(lambda person: person.say("Aquecendo"), everybody))
    before = latencies(everybody, Event(), BEFORE_SECONDS)
    ended = Event()
    with ThreadPoolExecutor(1) as pool:
        cleanup = pool.submit(time_large_cleanup, stack, ended)
        during = latencies(everybody, ended)
        return cleanup.result(), before, during


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def latency_cells(seconds: list[float]) -> str:
    return f"{len(seconds):,} | {median(seconds) * 1000:.0f} | {p95(seconds) * 1000:.0f}"


def table(stack: BuiltStack) -> str:
    stack.cloud.invoke("CleanupFunction", {})  # the function is warm from here on
    few = time_empty_cleanup(stack)
    with connection(stack) as database, database.cursor() as cursor:
        first = int(stack.product.value("SELECT MAX(id) FROM usuarios")) + 1
        for start in range(first, first + USERS, BATCH):
            add_users(cursor, start)
        cursor.execute("ANALYZE TABLE usuarios, sessoes")
        many = time_empty_cleanup(stack)
        conversations = MESSAGES // CONVERSATION_LENGTH
        for done in range(0, conversations, BATCH):
            add_old_messages(cursor, first + done, min(BATCH, conversations - done))
        cursor.execute("ANALYZE TABLE conversas, mensagens")
    seconds, before, during = measure_large_cleanup(stack)
    rise = p95(during) / p95(before) - 1
    sessions = USERS * SESSIONS_OF_USER
    return "\n".join(
        [
            "| the cleanup of | s | wanted |",
            "|---|---|---|",
            f"| nothing, beside one user | {few:.2f} | |",
            f"| nothing, beside {USERS:,} users and {sessions:,} sessions | {many:.2f} | < {MOST_SECONDS:.0f} |",
            f"| {MESSAGES:,} messages, beside them ({MESSAGES / seconds:,.0f} messages/s) | {seconds:.0f} | |",
            "",
            f"| {PEOPLE} people, Gemini at {GEMINI_SECONDS * 1000:.0f} ms | answers | p50 ms | p95 ms | wanted |",
            "|---|---|---|---|---|",
            f"| before the large cleanup | {latency_cells(before)} | |",
            f"| during it | {latency_cells(during)} ({rise:+.0%}) | < +{MOST_RISE:.0%} |",
        ]
    )
