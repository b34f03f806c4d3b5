"""Search among MESSAGES messages of one person, through the gateway: ms of a page, and of all until the list's end.

As few long conversations and as many short ones; for words that are in each message, in one of twenty, in a single
one (asked for in another case and without its accent), and in none. Beside each: the one statement that looks through
everything at once. Run: make bench PART=search
"""

import random
import re
import time
from collections.abc import Iterator
from statistics import quantiles

import httpx
from pymysql.cursors import DictCursor

from bench.built import BuiltStack
from bench.cleanup import connection
from falaai.connections import Connection
from falaai.database import Parameters, Row, Transaction
from falaai.repositories.search import list_matching_conversations

MESSAGES = 100_000
CONVERSATIONS = (10, 1_000, 10_000)
RUNS = 20
LIMIT_MS = 300
WORDS = {"in every message": "de", "in one of 20": "receita", "in a single one": "rarissimo", "in none": "xilofone"}
# The characters of a question and of a reply.
QUESTION, REPLY = 80, 600
_SYLLABLES = ("ma", "ca", "ção", "pa", "lo", "te", "ri", "do", "sa", "né", "vi", "tu", "go", "lhé", "que", "ão", "ís")
AT_ONCE = (
    "SELECT id FROM conversas WHERE id_usuario = %s AND (titulo_conversa COLLATE utf8mb4_general_ci LIKE %s"
    " OR id IN (SELECT m.id_conversa FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
    " WHERE c.id_usuario = %s AND m.conteudo COLLATE utf8mb4_general_ci LIKE %s))"
    " ORDER BY fixada DESC, data_atualizacao DESC, id DESC LIMIT 51"
)


def texts() -> Iterator[str]:
    """Questions and replies in turn, of words as frequent as in a language: the nth half as often as the n/2th."""
    chance = random.Random(1)
    vocabulary = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(5000)]
    weights = [1 / number for number in range(1, len(vocabulary) + 1)]
    for number in range(MESSAGES):
        long = REPLY if number % 2 else QUESTION
        words = ["de", *chance.choices(vocabulary, weights, k=long // 6)]
        words += ["receita"] if number % 20 == 7 else []
        words += ["Raríssimo"] if number == MESSAGES // 2 else []
        yield " ".join(words)


def fill(database: Connection, user: int, conversations: int) -> None:
    long = MESSAGES // conversations
    said = texts()
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
            " VALUES (%s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL %s MINUTE, %s)",
            [(user, number, long) for number in range(conversations)],
        )
        cursor.execute("SELECT id FROM conversas WHERE id_usuario = %s ORDER BY id", (user,))
        rows = [
            (row["id"], seq, "ia" if seq % 2 == 0 else "usuario", next(said))
            for row in cursor.fetchall()
            for seq in range(1, long + 1)
        ]
        cursor.executemany(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            " VALUES (%s, %s, %s, %s, UTC_TIMESTAMP(6))",
            rows,
        )


def pages(http: httpx.Client, word: str) -> tuple[list[float], int]:
    """ms of each page until the list's end or a whole page is found, and how many were found."""
    path, took, found = f"/conversations?q={word}", list[float](), 0
    while path and found < 50:
        began = time.perf_counter()
        answer = http.get(path)
        took.append((time.perf_counter() - began) * 1000)
        found += len(answer.raise_for_status().json())
        link = re.match(r'<(.+)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link else ""
    return took, found


def at_once(cursor: DictCursor, user: int, word: str) -> float:
    """ms of the one statement."""
    began = time.perf_counter()
    cursor.execute(AT_ONCE, (user, f"%{word}%", user, f"%{word}%"))
    return (time.perf_counter() - began) * 1000


class ExplainedTransaction(Transaction):
    """Keep the server's plan of each query that runs."""

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
    """EXPLAIN of the one statement and of ours."""
    explaining = ExplainedTransaction(connection)
    explaining.list(AT_ONCE, (user, f"%{word}%", user, f"%{word}%"))
    list_matching_conversations(explaining, user, word, 50)
    return [f"| `{sql}` | {plan} |" for sql, plan in explaining.plans.items()]


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[18]


def table(built: BuiltStack) -> str:
    lines = [
        "| conversations | word | found | p95 ms of a page | pages | p95 of all | all at once | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    every = list[float]()
    with connection(built) as database, database.cursor() as cursor:
        for conversations in CONVERSATIONS:
            person = built.people.member()
            user = built.product.value("SELECT id FROM usuarios WHERE email = %s", person.email)
            fill(database, user, conversations)
            for what, word in WORDS.items():
                page, whole, once = list[float](), list[float](), list[float]()
                for _ in range(RUNS):
                    took, found = pages(person.http, word)
                    page += took
                    whole.append(sum(took))
                    once.append(at_once(cursor, user, word))
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
