"""A user with many conversations and messages, among many users, and one counted connection to the database."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymysql
import pytest
from pymysql.constants import COMMAND
from starlette.testclient import TestClient

from falaai import settings
from falaai.connections import Connection, connect
from falaai.database import Database, Transaction
from falaai.language_model import ModelEvent, Prompt
from falaai.secret_tokens import session_key
from falaai.web.current_user import get_database
from falaai_auth import application as auth_application
from falaai_auth import dependencies as auth_dependencies
from falaai_chat import application as chat_application
from falaai_chat import dependencies as chat_dependencies
from tests.support.databases import database_for_rows
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.histories import add_conversations, add_history, add_people
from tests.support.plans import explain
from tests.support.rows import TABLES, Rows
from tests.support.uploaded_files import FakeFileStore
from tests.support.waiting import wait_until

KEY, TOKEN, ORIGIN = "k" * 40, "t" * 43, "http://testserver"
THEIR_KEY = session_key(TOKEN, KEY)
MESSAGES, CONVERSATIONS, PEOPLE = 2000, 2000, 8000
# Rows that a statement may read for a user with one conversation.
READ_AT_MOST = 100


class CountedConnection(Connection):
    """Count the statements that go to the server."""

    sent = 0

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        self.sent += command == COMMAND.COM_QUERY
        super()._execute_command(command, sql)


@dataclass
class Crowd:
    """Clients of the web functions, signed in, and the one connection that everything goes through."""

    clients: dict[str, TestClient]
    connection: CountedConnection
    conversation_id: int
    before_model: list[int] = field(default_factory=list)
    files: FakeFileStore = field(default_factory=FakeFileStore)

    def http(self, path: str) -> TestClient:
        """The client of the function that has this route."""
        return self.clients["auth" if path in ("/login", "/profile") else "chat"]

    def get(self, path: str, method: str = "GET") -> None:
        answer = self.http(path).request(method, path.format(conversation_id=self.conversation_id))
        assert answer.status_code == 200, answer.text

    def message(
        self, path: str = "/chat/message", message_id: int = 0, **json: Any
    ) -> tuple[int, int, dict[str, Any]]:
        """(statements before the model is asked, statements after, the answer)."""
        before = self.questions()
        answer = self.http(path).post(path.format(message_id=message_id), json=json)
        assert answer.status_code == 200, answer.text
        asked = self.before_model.pop()
        return asked - before, self.questions() - asked, answer.json()

    def questions(self) -> int:
        """Count the statements that the connection has sent, transaction control included."""
        return self.connection.sent


@dataclass
class WatchedModel(FakeModel):
    """Notes what had been counted when it was asked."""

    look: Callable[[], None] = lambda: None

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        self.look()
        return super().stream(prompt, seconds)


def add_crowd(where: settings.DatabaseSettings) -> int:
    """Fill the tables, in place of the rows that they have. Returns the id of the long conversation."""
    rows = Rows(database_for_rows(where))
    for table in TABLES:
        rows.run(f"DELETE FROM {table}")
    user = rows.user()
    conversation = add_history(rows, user, MESSAGES).id
    add_conversations(rows, user, CONVERSATIONS)
    add_people(rows, 0, PEOPLE)
    add_files(rows)
    rows.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em, id_conversa_ativa)"
        " VALUES (%s, %s, NOW(6), NOW(6), NOW(6) + INTERVAL 30 DAY, %s)",
        THEIR_KEY,
        user,
        conversation,
    )
    for table in TABLES:
        # Else MariaDB counts again at some moment, and a plan changes while it is looked at. TiDB refuses this.
        with contextlib.suppress(pymysql.OperationalError):
            rows.run(f"ALTER TABLE {table} STATS_AUTO_RECALC = 0")
    rows.list("ANALYZE TABLE usuarios, sessoes, conversas, mensagens, uso_diario, anexos, arquivos")
    wait_for_statistics(where)
    return conversation


def add_files(rows: Rows) -> None:
    """Give each person but the first a file and an unsent upload: TiDB estimates the rows of an empty table badly."""
    rows.run(
        "INSERT INTO arquivos (id_usuario, origem_sha256, sha256, chave, especie, tipo, tamanho, tokens, criado_em)"
        " SELECT id, SHA2(id, 256), SHA2(id, 256), CONCAT('attachments/', id), 'texto', 'text/plain', 10, 3, NOW(6)"
        " FROM usuarios WHERE email LIKE 'pessoa-%%'"
    )
    rows.run(
        "INSERT INTO anexos (id_usuario, id_arquivo, nome, tamanho, estado, criado_em, expira_em)"
        " SELECT id_usuario, id, 'lista.csv', 10, 'pronto', NOW(6), NOW(6) + INTERVAL 1 DAY FROM arquivos"
    )


def wait_for_statistics(where: settings.DatabaseSettings) -> None:
    """Wait until the server estimates well how many conversations a person with a single one has."""
    with connect(where) as connection:
        sql = Transaction(connection)
        person = sql.count("SELECT id FROM usuarios WHERE email = 'pessoa-7@exemplo.com.br'")
        query = "SELECT titulo_conversa FROM conversas WHERE id_usuario = %s"
        wait_until(
            lambda: max(step.rows for step in explain(sql, query, [person])) < READ_AT_MOST,
            "the server uses the statistics",
        )


@contextmanager
def signed_in_crowd(
    conversation_id: int, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Crowd]:
    """Sign the user in, with a fake model, and open the day with a first message."""
    settings.read.cache_clear()
    for name, value in {"SESSION_SECRET_KEY": KEY, "PUBLIC_URL": ORIGIN, "PICTURES_BUCKET": "none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("falaai.connections.Connection", CountedConnection)
    connection = connect(where)
    assert isinstance(connection, CountedConnection)
    found = Crowd({}, connection, conversation_id)
    model = WatchedModel(look=lambda: found.before_model.append(found.questions()))
    one, unused, store = Database(lambda: connection), FakeQueues(), found.files
    for name, app in {"chat": chat_application.build(), "auth": auth_application.build()}.items():
        app.dependency_overrides |= {
            get_database: given(one),
            chat_dependencies.get_language_model: given(model),
            chat_dependencies.get_queues: given(unused),
            chat_dependencies.get_files: given(store),
            auth_dependencies.get_queues: given(unused),
        }
        found.clients[name] = TestClient(app, cookies={"falaai": TOKEN}, headers={"origin": ORIGIN})
    found.message(message="A primeira do dia abre os contadores", conversation_id=conversation_id)
    yield found
    connection.close()
    settings.read.cache_clear()


def given(made: object) -> Callable[[], object]:
    return lambda: made
