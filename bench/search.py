"""Milliseconds of a search in MESSAGES messages of one user, for one page and for all pages of a result.

The search goes through the gateway. It is measured with few long and many short conversations, for words that are in
every message, in one of 20, in a single one (searched in another case and without its accent) and in none. The
comparison is one statement that searches everything at once. Run: make bench PART=search
"""

import random
import re
import time
from collections.abc import Iterator
from statistics import quantiles

import httpx
from pymysql.cursors import DictCursor

from bench.built_stack import BuiltStack
from bench.cleanup import connection
from falaai.connections import Connection
from falaai.database import Parameters, Row, Transaction
from falaai.repositories.search import list_matching_conversations

MESSAGES = 100_000
CONVERSATIONS = (10, 1_000, 10_000)
RUNS = 20
LIMIT_MS = 300
WORDS = {"in every message": "de", "in one of 20": "receita", "in a single one": "rarissimo", "in none": "xilofone"}
# Length of a question and of a reply, in characters.
QUESTION, REPLY = 80, 600
_SYLLABLES = ("ma", "ca", "ção", "pa", "lo", "te", "ri", "do", "sa", "né", "vi", "tu", "go", "lhé", "que", "ão", "ís")
SINGLE_STATEMENT = (
    "SELECT id FROM conversas WHERE id_usuario = %s AND (titulo_conversa COLLATE utf8mb4_general_ci LIKE %s"
    " OR id IN (SELECT m.id_conversa FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
    " WHERE c.id_usuario = %s AND m.conteudo COLLATE utf8mb4_general_ci LIKE %s))"
    " ORDER BY fixada DESC, data_atualizacao DESC, id DESC LIMIT 51"
)


def texts() -> Iterator[str]:
    """Generate questions and replies alternately. Word frequencies follow Zipf's law, as in natural language."""
    generator = random.Random(1)
    vocabulary = ["".join(generator.choices(_SYLLABLES, k=generator.randint(1, 4))) for _ in range(5000)]
    weights = [1 / number for number in range(1, len(vocabulary) + 1)]
    for number in range(MESSAGES):
        length = REPLY if number % 2 else QUESTION
        words = ["de", *generator.choices(vocabulary, weights, k=length // 6)]
        words += ["receita"] if number % 20 == 7 else []
        words += ["Raríssimo"] if number == MESSAGES // 2 else []
        yield " ".join(words)


def add_messages(database: Connection, user: int, conversations: int) -> None:
    length = MESSAGES // conversations
    message_texts = texts()
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
            " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s MINUTE, %s)",
            [(user, number, length) for number in range(conversations)],
        )
        cursor.execute("SELECT id FROM conversas WHERE id_usuario = %s ORDER BY id", (user,))
        rows = [
            (row["id"], seq, "ia" if seq % 2 == 0 else "usuario", next(message_texts))
            for row in cursor.fetchall()
            for seq in range(1, length + 1)
        ]
        cursor.executemany(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
            rows,
        )


def time_pages(http: httpx.Client, word: str) -> tuple[list[float], int]:
    """Request pages until 50 conversations are found or the list ends. Returns ms per page and the number found."""
    path, took, found = f"/conversations?q={word}", list[float](), 0
    while path and found < 50:
        began = time.perf_counter()
        answer = http.get(path)
        took.append((time.perf_counter() - began) * 1000)
        found += len(answer.raise_for_status().json())
        link = re.match(r'<(.+)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link else ""
    return took, found


def time_single_statement(cursor: DictCursor, user: int, word: str) -> float:
    """Return the ms of the single statement."""
    began = time.perf_counter()
    cursor.execute(SINGLE_STATEMENT, (user, f"%{word}%", user, f"%{word}%"))
    return (time.perf_counter() - began) * 1000


class ExplainedTransaction(Transaction):
    """Transaction that records the server's plan of each query."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.plans: dict[str, str] = {}

    def list(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        steps = [
            f"{step['table']}: {step['type']} {step['key'] or ''} {step['Extra'] or ''}".strip()
            for step in super().list(f"EXPLAIN {sql}", parameters)
            if step["table"]
        ]
        self.plans.setdefault(sql.partition(" WHERE ")[0], "; ".join(steps))
        return super().list(sql, parameters)


def plans(connection: Connection, user: int, word: str) -> list[str]:
    """Return table rows with the plans of the single statement and of the product's statements."""
    explaining = ExplainedTransaction(connection)
    explaining.list(SINGLE_STATEMENT, (user, f"%{word}%", user, f"%{word}%"))
    list_matching_conversations(explaining, user, word, 50)
    return [f"| `{sql}` | {plan} |" for sql, plan in explaining.plans.items()]


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[18]


def table(stack: BuiltStack) -> str:
    lines = [
        "| conversations | word | found | p95 ms of a page | pages | p95 of all | all at once | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    every = list[float]()
    with connection(stack) as database, database.cursor() as cursor:
        for conversations in CONVERSATIONS:
            person = stack.people.member()
            user = stack.product.value("SELECT id FROM usuarios WHERE email = %s", person.email)
            add_messages(database, user, conversations)
            for what, word in WORDS.items():
                page, whole, once = list[float](), list[float](), list[float]()
                for _ in range(RUNS):
                    took, found = time_pages(person.http, word)
                    page += took
                    whole.append(sum(took))
                    once.append(time_single_statement(cursor, user, word))
                every += page
                lines.append(
                    f"| {conversations:,} | {what} | {found} | {p95(page):.0f} | {len(page) / RUNS:.0f}"
                    f" | {p95(whole):.0f} | {p95(once):.0f} | {p95(whole) / p95(once):.2f} |"
                )
        lines += [
            "",
            "| statement | the server's way |",
            "|---|---|",
            *plans(database, user, WORDS["in a single one"]),
        ]
    lines += ["", f"p95 of all {len(every)} pages: {p95(every):.0f} ms; wanted ≤ {LIMIT_MS}."]
    return "\n".join(lines)
