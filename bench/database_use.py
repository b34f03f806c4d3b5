"""Measure the database's work for one message: python -m bench.database_use (make cost MEASURE=1)

The functions run in this process on a TiDB of their own, with embedded storage. Its statement summary gives keys,
bytes, regions and TiDB's own request units; the connection counts statements and the bytes that it receives. The
bytes of rows are those of a MariaDB. The result is database_use.toml, from which bench/cost.py computes units.
"""

import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

from fastapi.testclient import TestClient
from pymysql.constants import COMMAND

from bench.results import stamp
from falaai import settings
from falaai.connections import Connection, connect
from falaai.database import Database
from falaai.logs import logger
from falaai.repositories import messages, running_replies, transactions
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
# The summary of this account's statements since `begun`; it begins anew every half hour.
_SUMMARY = """
    SELECT UNIX_TIMESTAMP(MIN(summary_begin_time)) AS begun,
        SUM(exec_count * avg_write_keys) AS keys_written,
        SUM(exec_count * avg_write_size) AS bytes_written,
        SUM(exec_count * avg_prewrite_regions) AS regions_written,
        SUM(exec_count * avg_result_rows) AS rows_read,
        SUM(exec_count * avg_request_unit_read) AS units_read,
        SUM(exec_count * avg_request_unit_write) AS units_written
    FROM information_schema.statements_summary
"""
Counts = dict[str, float]


class CountedConnection(Connection):
    """Count the statements and the bytes of their answers."""

    statements = 0
    received = 0

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        self.statements += command == COMMAND.COM_QUERY
        super()._execute_command(command, sql)

    def _read_bytes(self, num_bytes: int) -> bytes:
        self.received += num_bytes
        return super()._read_bytes(num_bytes)


@dataclass
class Recorder:
    """Records the work that `connection` causes. `summary` reads the server's summary on another connection."""

    connection: CountedConnection
    summary: Database

    def work(self, run: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> Counts:
        """Run something RUNS times. Returns the average work of one run, without that of `prepare`."""
        used: Counter[str] = Counter()
        for _ in range(RUNS):
            prepare()
            before = self._counters()
            run()
            after = self._counters()
            if after.pop("begun") != before.pop("begun"):
                raise SystemExit("The server's summary began anew; measure again.")
            used.update({name: after[name] - before[name] for name in after})
        return {name: value / RUNS for name, value in used.items()}

    def _counters(self) -> Counts:
        found = {"statements": self.connection.statements, "bytes_sent": self.connection.received}
        summary = self.summary.find(_SUMMARY) or {}
        return {**found, **{name: float(value or 0) for name, value in summary.items()}}


def measure_work(server: DatabaseServer) -> dict[str, Counts]:
    """Return the work for each kind of request."""
    where = _migrated(server)
    with mock.patch("falaai.connections.Connection", CountedConnection):
        connection = cast("CountedConnection", connect(where, 300))
    database, own = Database(lambda: connection), Database(lambda: connect(where, 300))
    rows = Rows(own)
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
        work = Recorder(connection, own).work
        message = work(lambda: _ask(client, conversation_id=conversation))
        reply = rows.value("SELECT MAX(id) FROM mensagens")
        return {
            "message": message,
            "partial_text": work(lambda: _save(database, reply), lambda: _begin(rows, reply)),
            "conversations": work(lambda: client.get("/conversations").raise_for_status()),
            "chat_page": work(lambda: client.get(f"/chat/{conversation}").raise_for_status()),
            "cleanup": work(lambda: _clean_up(database, conversation), lambda: _age_a_key(rows)),
        }


def _migrated(server: DatabaseServer) -> settings.DatabaseSettings:
    where = create_database(server.address, "falaai_db_use")
    finished = migrate(where)
    if finished.returncode:
        raise SystemExit(finished.stderr)
    return where


def _ask(client: TestClient, **where: Any) -> None:
    body = {"message": QUESTION, "client_id": str(uuid.uuid4()), **where}
    client.post("/chat/message", json=body).raise_for_status()


def _begin(rows: Rows, reply: int) -> None:
    rows.run("UPDATE mensagens SET estado = 'gerando', conteudo = '' WHERE id = %s", reply)


def _save(database: Database, reply: int) -> None:
    """Save the half of a reply, as happens each second while it is generated."""
    running_replies.save_partial_text(database, reply, 1, REPLY[: len(REPLY) // 2])


def _age_a_key(rows: Rows) -> None:
    rows.run("UPDATE transacoes SET feita_em = '2020-01-01' LIMIT 1")


def _clean_up(database: Database, conversation: int) -> None:
    """Delete a question and its reply, and the key of their transaction."""
    database.transaction(lambda sql: messages.delete_messages(sql, [conversation], 2))
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


def measure_rows(server: DatabaseServer) -> Counts:
    """Fill the large tables and return the bytes of a row with its index entries, as the server reports them."""
    where = _migrated(server)
    rows = Rows(Database(lambda: connect(where, 300)))
    user = rows.user()
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
        rows.run(
            "INSERT INTO uso_diario (id_usuario, dia, mensagens, tokens_entrada, tokens_saida)"
            f" {numbers} SELECT %s + i, CURRENT_DATE, 3, 5000, 900 FROM n",
            10**6 + start,
        )
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
        lines += ["", f"[work.{kind}]", *_values(work)]
    return (
        "\n".join(
            [
                *lines,
                "",
                "[row_bytes]",
                *(f"{name} = {round(value / 10) * 10}" for name, value in measured["row_bytes"].items()),
            ]
        )
        + "\n"
    )


def _values(numbers: Counts) -> Iterable[str]:
    """Yield lines with whole numbers, and with a tenth for request units: more digits would be of one run only."""
    for name, value in numbers.items():
        yield f"{name} = {value:.1f}" if name.startswith("units") else f"{name} = {round(value)}"


def _on(name: str, measure: Callable[[DatabaseServer], Any]) -> Any:
    """Measure on a new server of this kind."""
    with tempfile.TemporaryDirectory() as folder:
        server = DatabaseServer(Path(folder) / "data", name)
        try:
            return measure(server)
        finally:
            server.stop()


def main() -> None:
    logger().setLevel("ERROR")
    RESULT.write_text(written({"work": _on("tidb", measure_work), "row_bytes": _on("mariadb", measure_rows)}))


if __name__ == "__main__":
    main()
