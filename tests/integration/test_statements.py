"""What a request asks of the database: how many statements, counted by the server, and how each of them is found.

Limits are the design's. The person here has much: a long conversation and many of them, among many people.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from starlette.testclient import TestClient

from bench.histories import add_conversations, add_history, add_people
from falaai import settings
from falaai.connections import Connection, connect
from falaai.database import Database, Parameters, Row, Statements, database
from falaai.language_model import Prompt, language_model
from falaai.queues import queues
from falaai.secret_tokens import session_key
from falaai.web.dependencies import made_by
from falaai_auth import application as auth_application
from falaai_chat import application as chat_application
from tests.fakes import FakeAnswer, FakeModel, FakeQueues
from tests.integration.conftest import TABLES, Rows

KEY, TOKEN, ORIGIN = "k" * 40, "t" * 43, "http://testserver"
MESSAGES, CONVERSATIONS, PEOPLE = 2000, 2000, 1000
SORTED_AT_MOST = 50


@dataclass
class Crowd:
    """Clients of the web functions, signed in, and the one connection that everything goes through."""

    clients: dict[str, TestClient]
    connection: Connection
    conversation_id: int
    before_model: list[int] = field(default_factory=list)

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
        return asked - before - 1, self.questions() - asked - 1, answer.json()

    def questions(self) -> int:
        """How many statements the server has counted on the connection; asking is one."""
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
            return int((cursor.fetchone() or {})["Value"])


@dataclass
class WatchedModel(FakeModel):
    """Notes what had been counted when it was asked."""

    look: Callable[[], None] = lambda: None

    def answer(self, prompt: Prompt, seconds: float) -> FakeAnswer:
        self.look()
        return super().answer(prompt, seconds)


@pytest.fixture(scope="module")
def crowded(where: settings.DatabaseSettings) -> int:
    """Rows that every test here may read; the conversation's id."""
    rows = Rows(Database(lambda: connect(where)))
    for table in TABLES:
        rows.run(f"DELETE FROM {table}")
    user = rows.user()
    conversation = add_history(rows, user, MESSAGES).id
    add_conversations(rows, user, CONVERSATIONS)
    add_people(rows, 0, PEOPLE)
    rows.run(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em, id_conversa_ativa)"
        " VALUES (%s, %s, NOW(6), NOW(6), NOW(6) + INTERVAL 30 DAY, %s)",
        session_key(TOKEN, KEY),
        user,
        conversation,
    )
    rows.list("ANALYZE TABLE usuarios, sessoes, conversas, mensagens, uso_diario")
    return conversation


@pytest.fixture
def crowd(crowded: int, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    settings.read.cache_clear()
    for name, value in {"SESSION_SECRET_KEY": KEY, "PUBLIC_URL": ORIGIN, "PICTURES_BUCKET": "none"}.items():
        monkeypatch.setenv(name, value)
    connection = connect(where)
    found = Crowd({}, connection, crowded)
    model = WatchedModel(look=lambda: found.before_model.append(found.questions()))
    one, unused = Database(lambda: connection), FakeQueues()
    for name, app in {"chat": chat_application.build(), "auth": auth_application.build()}.items():
        for build, made in ((database, one), (language_model, model), (queues, unused)):
            app.dependency_overrides[made_by(build).dependency] = given(made)
        found.clients[name] = TestClient(app, cookies={"falaai": TOKEN}, headers={"origin": ORIGIN})
    found.message(message="A primeira do dia abre os contadores", conversation_id=crowded)
    yield found
    connection.close()
    settings.read.cache_clear()


def given(made: object) -> Callable[[], object]:
    return lambda: made


def test_message_takes_eight_before_the_first_piece_and_one_after(crowd: Crowd) -> None:
    for client_id in (None, "um-id"):
        before, after, _ = crowd.message(message="Oi", conversation_id=crowd.conversation_id, client_id=client_id)
        assert (before, after) == (8, 1)


def test_first_message_of_a_conversation_takes_as_many(crowd: Crowd) -> None:
    crowd.get("/reset_chat", "POST")
    before, after, answer = crowd.message(message="Oi", client_id="outro-id")
    assert answer["conversation_id"] != crowd.conversation_id
    assert (before, after) == (8, 1)


def test_asking_again_takes_as_many_and_an_edit_three_more(crowd: Crowd) -> None:
    """An edit also takes away what followed, rewrites the question and finds a place for the reply."""
    _, _, answer = crowd.message(message="Oi", conversation_id=crowd.conversation_id)
    again, after, _ = crowd.message("/chat/replies/{message_id}/regenerate", message_id=answer["message_id"])
    assert (again, after) == (8, 1)
    edit = {"message": "Olá", "client_id": "edicao", "message_id": answer["question_id"]}
    before, after, _ = crowd.message("/chat/messages/{message_id}/edit", **edit)
    assert (before, after) == (11, 1)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/profile", 3),
        ("/chat", 3),
        ("/chat/{conversation_id}", 3),
        ("/conversations", 2),
        ("/conversation/{conversation_id}", 2),
    ],
)
def test_pages_take_three_at_most(crowd: Crowd, path: str, most: int) -> None:
    before = crowd.questions()
    crowd.get(path)
    assert crowd.questions() - before - 1 <= most


class ExplainedStatements(Statements):
    """Has every statement explained by the server before it runs."""

    plans: ClassVar[list[tuple[str, Row]]] = []

    def _explain(self, sql: str, parameters: Parameters) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", parameters)
            self.plans.extend((sql, row) for row in cursor.fetchall())

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        self._explain(sql, parameters)
        return super().run(sql, parameters)

    def update_noting(self, sql: str, parameters: Parameters = ()) -> int | None:
        self._explain(sql, parameters)
        return super().update_noting(sql, parameters)

    def find(self, sql: str, parameters: Parameters = ()) -> Row | None:
        self._explain(sql, parameters)
        return super().find(sql, parameters)

    def list(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        self._explain(sql, parameters)
        return super().list(sql, parameters)


def test_every_statement_of_a_request_finds_its_rows_by_an_index(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ExplainedStatements.plans.clear()
    monkeypatch.setattr("falaai.database.Statements", ExplainedStatements)
    conversation = {"conversation_id": crowd.conversation_id}
    _, _, answer = crowd.message(message="Oi", client_id="pergunta", **conversation)
    crowd.message("/chat/replies/{message_id}/regenerate", message_id=answer["message_id"])
    _, _, answer = crowd.message("/chat/messages/{message_id}/edit", message_id=answer["question_id"], message="Olá")
    crowd.http("/chat/message").post("/chat/message", json={"message": "Oi", "client_id": "pergunta", **conversation})
    for path in ("/chat", "/chat/{conversation_id}", "/conversations", "/conversation/{conversation_id}", "/profile"):
        crowd.get(path)
    crowd.get("/conversations?limit=20&cursor=0-1-1")
    crowd.get("/conversation/{conversation_id}?before=900")
    crowd.get(f"/chat/replies/{answer['message_id']}")
    crowd.get(f"/chat/replies/{answer['message_id']}/stop", "POST")
    crowd.get("/reset_chat", "POST")
    wrong = {"email": "ana@exemplo.com.br", "senha": "não é esta"}
    assert crowd.http("/login").post("/login", json=wrong).status_code == 401

    seen = {sql.split()[0] for sql, _ in ExplainedStatements.plans}
    assert {"SELECT", "UPDATE", "INSERT", "DELETE"} <= seen
    assert [(sql, row) for sql, row in ExplainedStatements.plans if not is_found_by_index(row)] == []


def is_found_by_index(row: Row) -> bool:
    """One line of EXPLAIN: neither is a whole table (or a whole index) read, nor are more rows sorted than a person
    has devices. What was put together for this statement alone, `<derived…>`, is as small as its own lines say."""
    if row["table"] is None or row["table"].startswith("<derived") or row["select_type"] == "INSERT":
        return True
    is_sorted = "filesort" in (row["Extra"] or "") and int(row["rows"]) > SORTED_AT_MOST
    return row["type"] not in ("ALL", "index") and not is_sorted


def test_a_whole_table_and_a_sort_are_noticed(where: settings.DatabaseSettings, crowded: int) -> None:
    sql = ExplainedStatements(connect(where))
    ExplainedStatements.plans.clear()
    sql.find("SELECT id FROM mensagens WHERE conteudo = 'x'")
    sql.find("SELECT id FROM mensagens WHERE id_conversa = %s ORDER BY data_envio LIMIT 1", (crowded,))
    assert [is_found_by_index(row) for _, row in ExplainedStatements.plans] == [False, False]
