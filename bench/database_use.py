"""Measure the database's work for one message: python -m bench.database_use (make cost MEASURE=1)

The functions run in this process on a MariaDB of their own, whose counters give statements, rows and bytes. The
result is database_use.toml, from which bench/cost.py computes request units and storage.
"""

import os
import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from fastapi.testclient import TestClient
from pymysql.constants.SERVER_STATUS import SERVER_STATUS_IN_TRANS

from bench.results import stamp
from falaai import settings
from falaai.connections import Connection, connect
from falaai.database import Database, Executed, Parameters, Transaction
from falaai.logs import logger
from falaai.repositories import messages, transactions
from falaai.secret_tokens import session_key
from falaai.web.current_user import get_database
from falaai_chat import application, dependencies
from tests.support.database_server import DatabaseServer
from tests.support.databases import create_database, migrate
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.rows import Rows

RESULT = Path(__file__).with_name("database_use.toml")
KEY, TOKEN, ORIGIN = "k" * 40, "t" * 43, "http://testserver"
# Characters of a common question and reply: 20 and 300 tokens.
QUESTION, REPLY = "p" * 88, "r" * 1210
# As many as the messages of a common conversation, so that each question reads the turns of those before it.
RUNS = 10
# Rows for the average size of a row.
MESSAGES = 20_000
_COUNTERS = ("Bytes_received", "Bytes_sent", "Com_commit", "Com_select", "Handler_read")
_STATEMENTS = ("Com_begin", "Com_commit", "Com_delete", "Com_insert", "Com_select", "Com_update")
_WRITE = re.compile(r"\s*(INSERT(?: IGNORE)? INTO|UPDATE|DELETE(?: \w)? FROM) (\w+)")
Counts = dict[str, float]


@dataclass
class Recorder:
    """Records the server's counters over some work, and the keys and bytes that its statements write."""

    connection: Connection
    written: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._sql = Transaction(self.connection)
        self._keys = {row["t"]: int(row["n"]) for row in self._sql.list(
            "SELECT table_name AS t, COUNT(DISTINCT index_name) AS n FROM information_schema.statistics"
            " WHERE table_schema = DATABASE() GROUP BY table_name"
        )}  # fmt: skip
        first = self._counters()
        self._reading = self._counters() - first

    def work(self, run: Callable[[], object]) -> Counts:
        """Run something RUNS times. Returns the average work of one run."""
        self.written.clear()
        before = self._counters()
        for _ in range(RUNS):
            run()
        used = self._counters() - before - self._reading
        return {
            "statements": sum(used[name] for name in _STATEMENTS) / RUNS,
            "reads": used["Com_select"] / RUNS,
            "rows_read": used["Handler_read"] / RUNS,
            "commits": (used["Com_commit"] + self.written["autocommits"]) / RUNS,
            "keys_low": self.written["keys_low"] / RUNS,
            "keys_high": self.written["keys_high"] / RUNS,
            "bytes_written": self.written["bytes"] / RUNS,
            "bytes_sent": used["Bytes_sent"] / RUNS,
        }

    def note(self, sql: str, parameters: Parameters, count: int) -> None:
        """Record a statement's keys and bytes. An update changes its row for certain, and its indexes perhaps."""
        found = _WRITE.match(sql)
        if not found or not count:
            return
        every = count * self._keys[found[2]]
        self.written["keys_high"] += every
        self.written["keys_low"] += count if found[1] == "UPDATE" else every
        status = self.connection.server_status  # type: ignore[attr-defined]  # PyMySQL sets it after each statement
        self.written["autocommits"] += not status & SERVER_STATUS_IN_TRANS
        if not found[1].startswith("DELETE"):
            self.written["bytes"] += sum(len(str(value).encode()) for value in parameters)

    def _counters(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in self._sql.list("SHOW SESSION STATUS"):
            name = "Handler_read" if row["Variable_name"].startswith("Handler_read") else row["Variable_name"]
            if name in (*_COUNTERS, *_STATEMENTS):
                found[name] += int(row["Value"])
        return found


class RecordedTransaction(Transaction):
    """A Transaction whose statements are noted by `recorder`."""

    recorder: Recorder

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        executed = super().execute(sql, parameters)
        if self.connection is self.recorder.connection:
            self.recorder.note(sql, parameters, executed.count)
        return executed


def measure(server: DatabaseServer) -> dict[str, Any]:
    """Return the work for each kind of request, and the average bytes of a row in each large table."""
    where = create_database(server.address, "falaai_db_use")
    finished = migrate(where)
    if finished.returncode:
        raise SystemExit(finished.stderr)
    connection = connect(where, 300)
    database, rows = Database(lambda: connection), Rows(Database(lambda: connect(where, 300)))
    user = rows.user()
    rows.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES (%s, %s, NOW(6), NOW(6), NOW(6) + INTERVAL 30 DAY)",
        session_key(TOKEN, KEY),
        user,
    )
    with _client(database) as client:
        for _ in range(30):
            _ask(client, nova=True)
        conversation = rows.value("SELECT MAX(id) FROM conversas")
        recorder = Recorder(connection)
        RecordedTransaction.recorder = recorder
        with mock.patch("falaai.database.Transaction", RecordedTransaction):
            used = {
                "message": recorder.work(lambda: _ask(client, conversation_id=conversation)),
                "partial_text": recorder.work(lambda: _save(database, rows)),
                "conversations": recorder.work(lambda: client.get("/conversations").raise_for_status()),
                "chat_page": recorder.work(lambda: client.get(f"/chat/{conversation}").raise_for_status()),
                "cleanup": recorder.work(lambda: _clean_up(database, rows, conversation)),
            }
    return {"work": used, "row_bytes": _row_bytes(rows, user)}


def _ask(client: TestClient, **where: Any) -> None:
    body = {"message": QUESTION, "client_id": str(uuid.uuid4()), **where}
    client.post("/chat/message", json=body).raise_for_status()


def _save(database: Database, rows: Rows) -> None:
    """Save the half of a reply, as happens each second while it is generated."""
    reply = rows.value("SELECT MAX(id) FROM mensagens")
    rows.run("UPDATE mensagens SET estado = 'gerando' WHERE id = %s", reply)
    messages.save_partial_text(database, reply, 1, REPLY[: len(REPLY) // 2])


def _clean_up(database: Database, rows: Rows, conversation: int) -> None:
    """Delete a question and its reply, and the key of their transaction."""
    database.transaction(lambda sql: messages.delete_messages(sql, [conversation], 2))
    rows.run("UPDATE transacoes SET feita_em = '2020-01-01' LIMIT 1")
    transactions.delete_old(database, 1)


@contextmanager
def _client(database: Database) -> Iterator[TestClient]:
    variables = {"SESSION_SECRET_KEY": KEY, "PUBLIC_URL": ORIGIN, "DAILY_MESSAGES": "100000"}
    with mock.patch.dict(os.environ, variables):
        settings.read.cache_clear()
        app = application.build()
        app.dependency_overrides |= {
            get_database: lambda: database,
            dependencies.get_language_model: lambda: FakeModel(pieces=[REPLY]),
            dependencies.get_queues: lambda: FakeQueues(),
        }
        yield TestClient(app, cookies={"falaai": TOKEN}, headers={"origin": ORIGIN})
        settings.read.cache_clear()


def _row_bytes(rows: Rows, user: int) -> dict[str, float]:
    """Fill the large tables and return the bytes of a row with its index entries, as the server reports them."""
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    for start in range(0, MESSAGES, 1000):
        conversation = rows.conversation(user)
        rows.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, chave)"
            f" {numbers} SELECT %s, i, IF(i %% 2, 'usuario', 'ia'), IF(i %% 2, %s, %s), NOW(6),"
            " IF(i %% 2, UUID(), NULL) FROM n",
            conversation, QUESTION, REPLY,
        )  # fmt: skip
        rows.run(
            "INSERT INTO conversas (id_usuario, titulo_conversa, data_criacao, data_atualizacao, ultima_seq)"
            f" {numbers} SELECT %s, 'Uma conversa de hoje', NOW(6), NOW(6) - INTERVAL i SECOND, 20 FROM n",
            user,
        )
        rows.run(f"INSERT INTO uso_diario {numbers} SELECT %s + i, CURRENT_DATE, 3, 5000, 900 FROM n", 10**6 + start)
        rows.run(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            f" {numbers} SELECT 'Uma Pessoa', CONCAT('pessoa-', %s + i, '@exemplo.com.br'), REPEAT('h', 97), 1,"
            " NOW(6), 1 FROM n",
            start,
        )
    rows.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em, navegador, endereco)"
        " SELECT SHA2(id, 256), id, NOW(6), NOW(6), NOW(6) + INTERVAL 30 DAY, REPEAT('n', 110), '203.0.113.7'"
        " FROM usuarios WHERE id > %s",
        user,
    )
    tables = ("mensagens", "conversas", "uso_diario", "sessoes", "usuarios")
    return {table: _average(rows, table) for table in tables}


def _average(rows: Rows, table: str) -> float:
    rows.list(f"OPTIMIZE TABLE {table}")
    rows.list(f"ANALYZE TABLE {table}")
    size = rows.value(
        "SELECT data_length + index_length FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_name = %s",
        table,
    )
    return float(size) / int(rows.value(f"SELECT COUNT(*) FROM {table}"))


def written(measured: dict[str, Any]) -> str:
    """Return the result as TOML, in whole numbers: more digits would be of one run only."""
    lines = [f"# Averages of bench/database_use.py, written by `make cost MEASURE=1`. {stamp().strip('_')}"]
    for kind, work in measured["work"].items():
        lines += ["", f"[work.{kind}]", *_values(work, 1)]
    return "\n".join([*lines, "", "[row_bytes]", *_values(measured["row_bytes"], 10)]) + "\n"


def _values(numbers: dict[str, float], step: int) -> Iterable[str]:
    return (f"{name} = {round(value / step) * step}" for name, value in numbers.items())


def main() -> None:
    logger().setLevel("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        server = DatabaseServer(Path(folder) / "data")
        try:
            RESULT.write_text(written(measure(server)))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
