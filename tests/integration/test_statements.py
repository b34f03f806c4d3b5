"""What a request asks of the database: how many statements, counted at the connection, and how each of them is found.

Limits are the design's. The person here has much: a long conversation and many of them, among many people.
"""

import ast
import contextlib
import inspect
import pkgutil
import re
import sys
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from types import FrameType
from typing import Any, ClassVar, cast

import pymysql
import pytest
from pymysql.constants import COMMAND
from starlette.testclient import TestClient

from falaai import repositories, settings
from falaai.connections import Connection, connect
from falaai.database import Database, Executed, Parameters, Row, Statements, Transaction
from falaai.errors import ModelRateLimited
from falaai.grounding import Grounding
from falaai.language_model import NO_USAGE, Failed, ModelEvent, Prompt
from falaai.modes import SEARCH, Mode
from falaai.repositories import audit, conversations, facts, messages, personal_data, saved_prompts
from falaai.repositories.conversations import Cursor
from falaai.repositories.files import FileFacts, Kind, NewFile
from falaai.repositories.invitations import NewInvitation
from falaai.repositories.messages import ReplyResult, State
from falaai.repositories.ratings import Rating, Reason
from falaai.repositories.sessions import Session
from falaai.repositories.versions import Branch
from falaai.roles import Role
from falaai.secret_tokens import Purpose, session_key
from falaai.web.current_user import get_database
from falaai_auth import application as auth_application
from falaai_auth import dependencies as auth_dependencies
from falaai_auth.passwords import hash_password
from falaai_chat import application as chat_application
from falaai_chat import dependencies as chat_dependencies
from tests.support.databases import database_for_rows
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.histories import SUMMARY, add_conversations, add_history, add_people
from tests.support.paths import ROOT
from tests.support.plans import PlanStep, explain
from tests.support.rows import TABLES, Rows
from tests.support.uploaded_files import FakeFileStore, add_upload, pdf
from tests.support.waiting import wait_until

KEY, TOKEN, ORIGIN = "k" * 40, "t" * 43, "http://testserver"
THEIR_KEY = session_key(TOKEN, KEY)
MESSAGES, CONVERSATIONS, PEOPLE = 2000, 2000, 8000
SORTED_AT_MOST = 50
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
        """How many statements the connection has sent, transaction control included."""
        return self.connection.sent


@dataclass
class WatchedModel(FakeModel):
    """Notes what had been counted when it was asked."""

    look: Callable[[], None] = lambda: None

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        self.look()
        return super().stream(prompt, seconds)


@pytest.fixture(scope="module")
def crowded(where: settings.DatabaseSettings) -> int:
    """Rows that every test here may read; the conversation's id."""
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


@pytest.fixture
def crowd(crowded: int, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    settings.read.cache_clear()
    for name, value in {"SESSION_SECRET_KEY": KEY, "PUBLIC_URL": ORIGIN, "PICTURES_BUCKET": "none"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("falaai.connections.Connection", CountedConnection)
    connection = connect(where)
    assert isinstance(connection, CountedConnection)
    found = Crowd({}, connection, crowded)
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
    found.message(message="A primeira do dia abre os contadores", conversation_id=crowded)
    yield found
    connection.close()
    settings.read.cache_clear()


def given(made: object) -> Callable[[], object]:
    return lambda: made


MOST_BEFORE_FIRST_PIECE = 10
AFTER_FIRST_PIECE = 2


def make_first_of_day(crowd: Crowd) -> None:
    """Let nobody have sent a message today, not even counted in a share of the ceiling."""
    Transaction(crowd.connection).run("DELETE FROM uso_diario")


def make_inactive(crowd: Crowd) -> None:
    """Let the session have another active conversation than the one that the next message goes to."""
    other = "SELECT MIN(id) FROM conversas WHERE id <> %s AND id_usuario = sessoes.id_usuario"
    Transaction(crowd.connection).run(
        f"UPDATE sessoes SET id_conversa_ativa = ({other}) WHERE chave = %s",
        (crowd.conversation_id, THEIR_KEY),
    )


def make_idle(crowd: Crowd) -> None:
    """Let the session be used for the first time in an hour, so that the time of this use is stored."""
    Transaction(crowd.connection).run("UPDATE sessoes SET vista_em = vista_em - INTERVAL 1 HOUR")


SITUATIONS: dict[str, tuple[Callable[[Crowd], None], ...]] = {
    "as usual": (),
    "first of the day": (make_first_of_day,),
    "inactive conversation": (make_inactive,),
    "first of the day in an inactive conversation": (make_first_of_day, make_inactive),
    "after an hour": (make_first_of_day, make_inactive, make_idle),
}


@pytest.fixture(params=SITUATIONS)
def situation(request: pytest.FixtureRequest) -> tuple[Callable[[Crowd], None], ...]:
    return SITUATIONS[request.param]


def count_in(
    crowd: Crowd,
    situation: tuple[Callable[[Crowd], None], ...],
    path: str = "/chat/message",
    most: int = MOST_BEFORE_FIRST_PIECE,
    **more: Any,
) -> dict[str, Any]:
    """Send a request in this situation, and check its statements. Returns the answer."""
    for prepare in situation:
        prepare(crowd)
    before, after, answer = crowd.message(path, **more)
    assert before <= most
    assert after - (make_idle in situation) <= AFTER_FIRST_PIECE
    return answer


def new_client_id() -> str:
    return uuid.uuid4().hex


def test_follow_up_takes_ten_statements_before_the_first_piece(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    count_in(crowd, situation, message="Oi", client_id=new_client_id(), conversation_id=crowd.conversation_id)


@pytest.mark.parametrize("more", [{"nova": True}, {}], ids=["asked for", "nothing active"])
def test_first_message_of_a_conversation_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...], more: dict[str, Any]
) -> None:
    crowd.get("/reset_chat", "POST")
    if not more:  # then no conversation can be active
        situation = tuple(one for one in situation if one is not make_inactive)
    answer = count_in(crowd, situation, message="Oi", client_id=new_client_id(), **more)
    assert answer["conversation_id"] != crowd.conversation_id


def test_regenerating_takes_ten_statements_too(crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]) -> None:
    _, _, answer = crowd.message(message="Oi", conversation_id=crowd.conversation_id)
    count_in(crowd, situation, "/chat/replies/{message_id}/regenerate", message_id=answer["message_id"])


def test_edit_takes_ten_statements_too(crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]) -> None:
    _, _, answer = crowd.message(message="Oi", conversation_id=crowd.conversation_id)
    crowd.message(message="E depois?", conversation_id=crowd.conversation_id)
    edit = {"message": "Olá", "client_id": new_client_id(), "message_id": answer["question_id"]}
    count_in(crowd, situation, "/chat/messages/{message_id}/edit", **edit)


def test_repeated_question_whose_reply_failed_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    question = {"message": "Oi", "client_id": new_client_id(), "conversation_id": crowd.conversation_id}
    _, _, answer = crowd.message(**question)
    Transaction(crowd.connection).run("UPDATE mensagens SET estado = 'erro' WHERE id = %s", (answer["message_id"],))
    assert count_in(crowd, situation, **question)["message_id"] == answer["message_id"]


def test_message_that_searches_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    """Its search is counted by the statements that count the message, and is stored with the end of the reply."""
    question = {"message": "Oi", "client_id": new_client_id(), "conversation_id": crowd.conversation_id}
    answer = count_in(crowd, situation, **question, buscar=True)
    assert [one["dominio"] for one in answer["pesquisa"]["fontes"]] == ["a.example"]
    path = "/chat/replies/{message_id}/regenerate"
    count_in(crowd, situation, path, message_id=answer["message_id"], buscar=True)
    edit = {"message": "Olá", "client_id": new_client_id(), "message_id": answer["question_id"]}
    count_in(crowd, situation, "/chat/messages/{message_id}/edit", **edit, buscar=True)


# A question with files also sends the uploads and reads the attachments of its conversation. One without files, in a
# conversation that has some, only reads them.
MOST_WITH_FILES, MOST_AFTER_FILES = 12, 11


def test_question_with_files_takes_twelve_statements_and_later_ones_eleven(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    rows = Rows(crowd.clients["chat"].app.dependency_overrides[get_database]())  # type: ignore[attr-defined]
    user = rows.value("SELECT id_usuario FROM sessoes WHERE chave = %s", THEIR_KEY)
    uploads = [add_upload(rows, user, pdf(pages)) for pages in range(1, 6)]
    crowd.files.contents |= {upload.key: upload.data for upload in uploads}
    # in a conversation of its own: the other tests count without files
    _, _, first = crowd.message(message="Oi", nova=True)
    asked = {"client_id": new_client_id(), "conversation_id": first["conversation_id"]}
    more = {"message": "O que é isto?", "anexos": [upload.id for upload in uploads], **asked}
    answer = count_in(crowd, situation, most=MOST_WITH_FILES, **more)
    asked["client_id"] = new_client_id()
    count_in(crowd, situation, most=MOST_AFTER_FILES, message="E depois?", **asked)
    edit = {"message": "O que são?", "client_id": new_client_id(), "message_id": answer["question_id"]}
    answer = count_in(crowd, situation, "/chat/messages/{message_id}/edit", MOST_WITH_FILES, **edit)
    path = "/chat/replies/{message_id}/regenerate"
    count_in(crowd, situation, path, MOST_AFTER_FILES, message_id=answer["message_id"])
    before = crowd.questions()
    crowd.http("/chat").get(f"/conversation/{first['conversation_id']}").raise_for_status()
    assert crowd.questions() - before <= 2


def test_failure_that_does_not_count_takes_one_transaction(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModel, "stream", fail_at_once)
    body = {"message": "Oi", "conversation_id": crowd.conversation_id}
    answer = crowd.http("/chat/message").post("/chat/message", json=body)
    assert (answer.status_code, answer.json()["contou"]) == (503, False)
    # BEGIN, lock the counter, end the reply, subtract the message, COMMIT, and the tokens of the day.
    assert crowd.questions() - crowd.before_model.pop() == 6


def fail_at_once(_model: FakeModel, _prompt: Prompt, _seconds: float) -> Generator[ModelEvent]:
    yield Failed(ModelRateLimited("429"), "", NO_USAGE)


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
    assert crowd.questions() - before <= most


def test_sign_in_takes_ten_statements(crowd: Crowd) -> None:
    """Three counters, the account, the counters again, and a transaction of five."""
    sql = Transaction(crowd.connection)
    sql.run(
        "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
        " VALUES ('Eva', 'eva@exemplo.com.br', %s, TRUE, UTC_TIMESTAMP(6), TRUE)",
        (hash_password("cavalo bateria grampo"),),
    )
    browser = TestClient(crowd.clients["auth"].app, headers={"origin": ORIGIN})
    credentials = {"email": "eva@exemplo.com.br", "senha": "cavalo bateria grampo"}
    browser.post("/login", json=credentials)
    browser.cookies.clear()
    before = crowd.questions()
    assert browser.post("/login", json=credentials).status_code == 200
    assert crowd.questions() - before == 10


class RecordingTransaction(Transaction):
    """Keep every statement, and every row that the server has sent."""

    statements: ClassVar[list[str]] = []
    rows: ClassVar[list[Row]] = []

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        executed = super().execute(sql, parameters)
        self.statements.append(sql)
        self.rows.extend(executed.rows)
        return executed


@pytest.mark.parametrize("path", ["/conversations", "/conversations?q=Longa", "/chat"])
def test_lists_of_conversations_read_no_summary(crowd: Crowd, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    RecordingTransaction.rows.clear()
    monkeypatch.setattr("falaai.database.Transaction", RecordingTransaction)
    crowd.get(path)
    assert any(row.get("titulo_conversa") == "Longa" for row in RecordingTransaction.rows)
    assert SUMMARY not in str(RecordingTransaction.rows)


# Methods that run one statement.
STATEMENTS = {name for name in vars(Statements) if not name.startswith("_")}
METHODS = {vars(Statements)[name].__code__ for name in STATEMENTS}


class ExplainedTransaction(Transaction):
    """Have the server explain every statement before it runs, and note which line of the product ran it."""

    plans: ClassVar[list[tuple[str, PlanStep]]] = []
    lines: ClassVar[set[tuple[str, int]]] = set()

    def execute(self, sql: str, parameters: Parameters = ()) -> Executed:
        frame = sys._getframe(1)
        while frame.f_code in METHODS:
            frame = cast(FrameType, frame.f_back)
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        self.plans.extend((sql, step) for step in explain(self, sql, parameters))
        return super().execute(sql, parameters)


def test_deleting_an_account_reads_its_own_rows_alone(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the server's estimate: about two messages, whatever else there is."""
    sql = ExplainedTransaction(crowd.connection)
    person = sql.find("SELECT id FROM usuarios WHERE email = 'pessoa-7@exemplo.com.br'")
    assert person is not None
    crowd.connection.begin()
    ExplainedTransaction.plans.clear()
    personal_data.delete_rows(sql, person["id"])
    plans = [*ExplainedTransaction.plans]
    assert sql.count("SELECT COUNT(*) FROM mensagens") > 5000
    crowd.connection.rollback()
    assert unindexed(plans) == []
    assert 0 < sum(step.rows for _, step in plans) < READ_AT_MOST


def test_every_statement_of_a_request_finds_its_rows_by_an_index(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    ExplainedTransaction.plans.clear()
    monkeypatch.setattr("falaai.database.Transaction", ExplainedTransaction)
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
    path = f"/chat/messages/{answer['question_id']}/version"
    assert crowd.http(path).post(path, json={"versao": 1}).status_code == 200
    _, _, other = crowd.message(message="Oi", nova=True)
    crowd.get(f"/conversation/{other['conversation_id']}", "DELETE")
    crowd.get("/chat")
    crowd.get(f"/conversation/{other['conversation_id']}/restore", "POST")
    crowd.get("/reset_chat", "POST")
    assert crowd.clients["auth"].post("/sessions/revoke_others").status_code == 200
    wrong = {"email": "ana@exemplo.com.br", "senha": "não é esta"}
    assert crowd.http("/login").post("/login", json=wrong).status_code == 401

    seen = {sql.split()[0] for sql, _ in ExplainedTransaction.plans}
    assert {"SELECT", "UPDATE", "INSERT", "DELETE"} <= seen
    assert unindexed(ExplainedTransaction.plans) == []


def is_found_by_index(step: PlanStep) -> bool:
    """Neither a whole table (or a whole index) is read, nor are more rows sorted than a person has devices."""
    return not step.reads_all and step.sorted_rows <= SORTED_AT_MOST


def test_a_whole_table_and_a_sort_are_noticed(where: settings.DatabaseSettings, crowded: int) -> None:
    sql = ExplainedTransaction(connect(where))
    ExplainedTransaction.plans.clear()
    sql.find("SELECT id FROM mensagens WHERE conteudo = 'x'")
    assert unindexed(ExplainedTransaction.plans) != []
    ExplainedTransaction.plans.clear()
    sql.find("SELECT id FROM mensagens WHERE id_conversa = %s ORDER BY data_envio LIMIT 1", (crowded,))
    assert unindexed(ExplainedTransaction.plans) != []


class RolledBack(Exception):
    """Takes back what a function of a repository did, so that the next one finds the same rows."""


def repository_functions() -> dict[str, Callable[..., object]]:
    """Every public function of every repository that runs statements, by `module.name`."""
    modules = [
        import_module(f"falaai.repositories.{one.name}") for one in pkgutil.iter_modules(repositories.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and "sql" in inspect.signature(function).parameters
        if not name.startswith("_")
    }


def calls_of(name: str, function: Callable[..., object], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Its arguments, taken from `values` by `module.function.parameter` or by the parameter's name alone: once as few
    as it needs, and once all of them."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    known = {one.name: values.get(f"{name}.{one.name}", values.get(one.name, one.empty)) for one in parameters}
    unknown = [f"{name}.{parameter}" for parameter, value in known.items() if value is inspect.Parameter.empty]
    assert unknown == [], "give these parameters a value in `values` of this test"
    needed = [one.name for one in parameters if one.default is one.empty and one.kind is not one.VAR_POSITIONAL]
    few = {parameter: known[parameter] for parameter in needed}
    return [few] if few == known else [few, known]


def call(function: Callable[..., object], sql: Statements, arguments: dict[str, Any]) -> None:
    """Call it with arguments by name, those of a `*parameter` included."""
    signature = inspect.signature(function)
    bound = signature.bind_partial()
    bound.arguments.update({"sql": sql, **arguments})
    function(*bound.args, **bound.kwargs)


def run_and_roll_back(database: Database, name: str, function: Callable[..., object], values: dict[str, Any]) -> None:
    """Call a function of a repository with each set of its arguments, and roll each call back."""
    for arguments in calls_of(name, function, values):

        def work(sql: Statements, arguments: dict[str, Any] = arguments) -> None:
            call(function, sql, arguments)
            raise RolledBack

        with pytest.raises(RolledBack):
            database.transaction(work)


def statement_lines() -> dict[tuple[str, int], set[int]]:
    """Where the product runs statements that read tables: file and first line, and all lines of that call."""
    found = {}
    for path in [*ROOT.glob("layers/shared/python/falaai/**/*.py"), *ROOT.glob("functions/*/falaai_*/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in STATEMENTS or not is_named_sql(node.func.value):
                continue
            if not reads_no_table(node.args[0]):
                found[str(path), node.lineno] = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def is_named_sql(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "sql"


def reads_no_table(statement: ast.expr) -> bool:
    """SELECT UTC_TIMESTAMP(6), for example."""
    return (
        isinstance(statement, ast.Constant)
        and str(statement.value).startswith("SELECT")
        and "FROM" not in str(statement.value)
    )


@pytest.fixture(scope="module")
def values(crowded: int, where: settings.DatabaseSettings) -> dict[str, Any]:
    """Arguments for every function of the repositories; about one person among many, who has some of everything, and
    about the few rows that the cleanup takes."""
    database = database_for_rows(where)
    rows = Rows(database)
    user = rows.user("bia@exemplo.com.br")
    history = add_history(rows, user, 400)
    add_conversations(rows, user, 100)
    fill_other_tables(rows)
    session_id = rows.insert(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES ('chave', %s, NOW(6), NOW(6), NOW(6) + INTERVAL 7 DAY)",
        user,
    )
    rows.run(
        "INSERT INTO tokens VALUES ('chave', %s, 'verificar', NULL, NOW(6), NOW(6) + INTERVAL 1 DAY, NULL)", user
    )
    rows.run("INSERT INTO limites VALUES ('chave', NOW(6), NOW(6) + INTERVAL 1 DAY, 1)")
    rows.run("UPDATE mensagens SET chave = 'um-id' WHERE id_conversa = %s AND seq = 399", history.id)
    upload = add_upload(rows, user, pdf(1))
    sent = add_upload(rows, user, pdf(1))
    rows.run(
        "UPDATE anexos SET id_conversa = %s, expira_em = NULL, id_mensagem ="
        " (SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 399) WHERE id = %s",
        *(history.id, history.id, sent.id),
    )
    for table in TABLES:
        rows.list(f"ANALYZE TABLE {table}")
    wait_for_statistics(where)
    conversation = conversations.find_conversation(database, user, history.id)
    reply = messages.find_by_seq(database, history.id, 400)
    question = messages.find_by_seq(database, history.id, 399)
    assert conversation
    assert reply
    assert question
    day, soon = date(2026, 6, 1), datetime(2026, 6, 1, 12)

    def list_of(query: str) -> list[int]:
        return [row["id"] for row in rows.list(query, user)]

    return {
        "user_id": user,
        "user_ids": [rows.user("c@exemplo.com.br"), rows.user("d@exemplo.com.br")],
        "email": "bia@exemplo.com.br",
        "name": "Bia",
        "users.add_user.email": "nova@exemplo.com.br",
        "users.update_email.email": "nova@exemplo.com.br",
        "password_hash": "x",
        "new_email": "nova@exemplo.com.br",
        "instructions": "Seja breve.",
        "fact_id": facts.add_fact(database, user, "Gosto de café"),
        "facts.add_fact.text": "Moro em Natal",
        "facts.add_told_fact.text": "Torço pelo ABC",
        "facts.add_told_fact.message": question.text,
        "facts.add_told_fact.seq": 399,
        "is_paused": True,
        "rating": Rating.BAD,
        "ratings.save_rating.reason": Reason.OTHER,
        "days": 30,
        "prompt_id": saved_prompts.add_prompt(database, user, "Receita", "Receita de ___"),
        "is_temporary": True,
        "stored": 1,
        "picture": "pictures/x.webp",
        "keys": ["pictures/7.webp", "pictures/8.webp", "pictures/none.webp"],
        "file_ids": list_of("SELECT id FROM arquivos WHERE id_usuario = %s"),
        "file_id": list_of("SELECT MIN(id) AS id FROM arquivos WHERE id_usuario = %s")[0],
        "attachment_id": list_of("SELECT MIN(id) AS id FROM anexos WHERE id_usuario = %s")[0],
        "upload_key": f"uploads/{user}/new",
        "reason": "unknown_type",
        "origin_sha256": "f" * 64,
        "new": NewFile(
            FileFacts(Kind.TEXT, "text/plain", 3),
            user_id=user,
            origin_sha256="f" * 64,
            sha256="e" * 64,
            key=f"attachments/{user}/new",
            size=10,
        ),
        "files_at_most": 100,
        "after_id": 0,
        "file_deletions.list_keys_in_use.keys": [
            f"attachments/{user}/1",
            f"attachments/{user}/2",
            "attachments/none",
        ],
        "key": "chave",
        "limits.update_count.count": 2,
        "usage.add_day.user_id": -98,
        "usage.add_day.uploaded": 3,
        "tokens_in": 3,
        "tokens_out": 2,
        "transaction_key": "f" * 32,
        "payload": "x",
        "tokens.add_token.key": "outra",
        "sessions.add_session.key": "outra",
        "agent": "x",
        "address": "x",
        "purpose": Purpose.VERIFY,
        "purposes": (Purpose.VERIFY, Purpose.EMAIL),
        "window_seconds": 60,
        "session": Session(session_id, user, None, "Bia", "bia@exemplo.com.br", 0, soon),
        "session_id": session_id,
        "kept_id": session_id,
        "at_most": 100,
        "limit": 20,
        "deletions_limit": 20,
        "unused_days": 90,
        "export_id": rows.value("SELECT MAX(id) FROM exportacoes WHERE id_usuario = %s", user),
        "exports.list_existing.ids": [1, 2, 3],
        "size": 1000,
        "day": day,
        "messages": 3,
        "thinking": 2,
        "count": 3,
        "admin_id": user,
        "target_id": user,
        "act": "cota",
        "value": "50",
        "audit.list_entries.after": audit.Cursor(soon, 7),
        "first": day,
        "last": day,
        "code": "model_error",
        "cost": 9,
        "prefix": "bia",
        "after_email": "a",
        "emails": ["bia@exemplo.com.br"],
        "is_blocked": True,
        "invitations.add_invitation.new": NewInvitation("x@exemplo.com.br", 1, 7, 50, "turma"),
        "invitations.add_invitation.key": "f" * 64,
        "invitations.update_key.key": "e" * 64,
        "invitation_id": rows.value("SELECT MAX(id) FROM convites"),
        "address_key": "a" * 64,
        "invitations.list_invitations.after": audit.Cursor(soon, 7),
        "daily_messages": 50,
        "group": "turma",
        "role": Role.ADMIN,
        "people.update_daily_messages.messages": 50,
        "mode": Mode.THINK,
        "kind": SEARCH,
        "searches": True,
        "usage.add_day.searches": 1,
        "queries": 2,
        "today": day,
        "is_new": False,
        "conversation_id": history.id,
        "conversation": conversation,
        "words": "que se trocam",
        "by": 2,
        "conversation_ids": [history.id, history.id + 1],
        "ids": [history.id, history.id + 1],
        "after": Cursor(False, conversation.updated_at, history.id),
        "last_seq": 400,
        "title": "Título",
        "is_pinned": True,
        "summary": "x",
        "until_seq": 390,
        "after_seq": 380,
        "before_seq": 300,
        "seq": 380,
        "reply_seq": 400,
        "messages.add_exchange.reply_seq": 402,
        "text": "Olá",
        "client_id": "um-id",
        "messages.add_exchange.client_id": "outro-id",
        "counter_id": -99,
        "next_branch": 500,
        "from_seq": 380,
        "parent_id": reply.id,
        "number": 7,
        "branch": Branch(7, question.id, 5, 1, 0, 0),
        "below_seq": 0,
        "version": 2,
        "question_id": question.id,
        "message_id": reply.id,
        "message_ids": [question.id, reply.id],
        "reply": reply,
        "reply_id": reply.id,
        "generation": 1,
        "attachment_ids": [upload.id, sent.id],
        "sent_attachments.update_sent.message_id": question.id,
        "sent_attachments.list_attached.until_seq": 400,
        "sent_attachments.list_named.until_seq": 400,
        "from_message_id": question.id,
        "to_message_id": question.id,
        "digest": "Uma ficha.",
        "transcript": "Olá.",
        "state": State.COMPLETE,
        "ending": ReplyResult("Olá", State.COMPLETE, grounding=Grounding(suggestions="<p>x</p>")),
    }


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


def fill_other_tables(rows: Rows) -> None:
    """For each person a link, a counter, a transaction, a day of usage, a picture; a few of each are old."""
    rows.run(
        "INSERT INTO tokens SELECT SHA2(id, 256), id, 'verificar', NULL, NOW(6),"
        " NOW(6) + INTERVAL MOD(id, 1000) - 2 DAY, NULL FROM usuarios"
    )
    rows.run(
        "INSERT INTO exportacoes (id_usuario, criada_em, expira_em)"
        " SELECT id, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL MOD(id, 100) - 2 DAY FROM usuarios"
    )
    rows.run(
        "INSERT INTO fatos (id_usuario, texto, criado_em) SELECT u.id, CONCAT('Fato ', n.seq), NOW(6) FROM usuarios u"
        " CROSS JOIN (SELECT 1 AS seq UNION ALL SELECT 2 UNION ALL SELECT 3) n"
    )
    rows.run(
        "INSERT INTO mensagens_prontas (id_usuario, titulo, texto, criado_em)"
        " SELECT id_usuario, texto, texto, NOW(6) FROM fatos"
    )
    rows.run(
        "INSERT INTO avaliacoes (id_mensagem, geracao, id_usuario, nota, dia) SELECT m.id, 1, c.id_usuario, 'boa',"
        " UTC_DATE() - INTERVAL MOD(m.id, 402) DAY FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " WHERE m.seq = 2"
    )
    rows.run("UPDATE conversas SET temporaria = TRUE, temporaria_em = NOW(6) ORDER BY id DESC LIMIT 9")
    rows.run("UPDATE usuarios SET apagada_em = UTC_TIMESTAMP(6) WHERE email LIKE 'pessoa-9%%' LIMIT 9")
    rows.run("INSERT INTO limites SELECT chave, NOW(6), expira_em, 1 FROM tokens")
    rows.run("INSERT INTO transacoes SELECT LEFT(chave, 32), NOW(6) FROM tokens")
    rows.run("UPDATE transacoes SET feita_em = NOW(6) - INTERVAL 2 HOUR LIMIT 9")
    rows.run("INSERT INTO falhas_diarias SELECT id, UTC_DATE(), 'model_error', 1 FROM usuarios")
    rows.run(
        "INSERT INTO falhas_diarias SELECT id, UTC_DATE() - INTERVAL 401 DAY, 'model_error', 1 FROM usuarios LIMIT 9"
    )
    rows.run("INSERT IGNORE INTO uso_diario (id_usuario, dia) SELECT id, UTC_DATE() FROM usuarios")
    rows.run(
        "INSERT INTO uso_diario (id_usuario, dia) SELECT id, UTC_DATE() - INTERVAL 401 DAY FROM usuarios LIMIT 9"
    )
    rows.run(
        "INSERT INTO arquivos (id_usuario, origem_sha256, sha256, chave, especie, tipo, tamanho, tokens, criado_em)"
        " SELECT u.id, SHA2(CONCAT(u.id, '-', n.seq), 256), SHA2(u.id, 256),"
        " CONCAT('attachments/', u.id, '/', n.seq), 'pdf', 'application/pdf', 1000, 774, NOW(6) FROM usuarios u"
        " CROSS JOIN (SELECT 1 AS seq UNION ALL SELECT 2 UNION ALL SELECT 3) n"
    )
    rows.run(
        "INSERT INTO anexos (id_usuario, id_arquivo, id_conversa, id_mensagem, nome, tamanho, estado, criado_em)"
        " SELECT a.id_usuario, a.id, m.id_conversa, m.id, 'contrato.pdf', 1000, 'pronto', NOW(6)"
        " FROM arquivos a JOIN conversas c ON c.id_usuario = a.id_usuario"
        " JOIN mensagens m ON m.id_conversa = c.id AND m.seq = 1"
    )
    rows.run("UPDATE arquivos SET conferir_em = NOW(6) ORDER BY id DESC LIMIT 9")
    newest = rows.value("SELECT MAX(id) FROM arquivos")
    rows.run("UPDATE anexos SET estado = 'apagado' WHERE id_arquivo = %s", newest)
    rows.run(
        "INSERT INTO anexos (id_usuario, chave, nome, tamanho, criado_em, expira_em)"
        " SELECT id, CONCAT('uploads/', id), 'foto.jpg', 1000, NOW(6), NOW(6) + INTERVAL MOD(id, 100) - 2 HOUR"
        " FROM usuarios"
    )
    rows.run(
        "INSERT INTO auditoria (id_admin, id_alvo, acao, feita_em)"
        " SELECT id, id, 'cota', UTC_TIMESTAMP(6) - INTERVAL id SECOND FROM usuarios"
    )
    rows.run(
        "INSERT INTO convites (id_usuario, chave, usos, criado_em, expira_em)"
        " SELECT id, SHA2(id, 256), 1, NOW(6) - INTERVAL id SECOND, NOW(6) + INTERVAL MOD(id, 1000) - 32 DAY"
        " FROM usuarios"
    )
    rows.run("INSERT INTO convites_usos SELECT id, chave, criado_em FROM convites")
    rows.run("UPDATE usuarios SET papel = 'admin' LIMIT 3")
    rows.run("UPDATE usuarios SET profile_pic_url = CONCAT('pictures/', id, '.webp') WHERE MOD(id, 2) = 1")
    rows.run("UPDATE usuarios SET email_verified = FALSE, data_registro = NOW(6) - INTERVAL 31 DAY LIMIT 9")
    rows.run("UPDATE mensagens SET estado = 'gerando', escrita_em = NOW(6) - INTERVAL 1 HOUR LIMIT 9")
    rows.run("UPDATE conversas SET data_atualizacao = NOW(6) - INTERVAL 100 DAY ORDER BY id DESC LIMIT 9")
    rows.run("UPDATE sessoes SET expira_em = NOW(6) - INTERVAL 1 HOUR ORDER BY id DESC LIMIT 9")


def test_every_statement_of_the_product_finds_its_rows_by_an_index(
    values: dict[str, Any], where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests, workers and cleanup: whatever a repository can do is done and explained."""
    ExplainedTransaction.plans.clear()
    ExplainedTransaction.lines.clear()
    monkeypatch.setattr("falaai.database.Transaction", ExplainedTransaction)
    database = Database(lambda: connect(where))
    functions = repository_functions()
    assert len(functions) > 70
    for name, function in functions.items():
        run_and_roll_back(database, name, function, values)

    ran = statement_lines()
    assert len(ran) > 80
    seen = ExplainedTransaction.lines
    assert [place for place, lines in ran.items() if not any((place[0], line) in seen for line in lines)] == []
    assert unindexed(ExplainedTransaction.plans) == []


# Functions with a statement that also finds deleted conversations.
FIND_DELETED = {
    "conversations.add_conversation",
    "conversations.delete_conversation",
    "conversations.delete_conversations",
    "conversations.lock_unused",
    "conversations.count_unused",
    "conversations.lock_conversations",  # all of a closed account
    "conversations.truncate_after",  # these three have locked it before, in the same transaction
    "conversations.update_before_restart",
    "conversations.update_after_switch",
    "messages.has_transaction_key",
    "messages.list_running",  # a block stops these replies too
    "messages.lock_abandoned_replies",
    "personal_data.delete_rows",
    "temporary_conversations.lock_temporary",
    "temporary_conversations.count_temporary",
    "users.lock_never_verified",
    "users.count_never_verified",
}


def test_no_other_statement_finds_a_deleted_conversation(
    values: dict[str, Any], where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falaai.database.Transaction", RecordingTransaction)
    database = Database(lambda: connect(where))
    found = set()
    for name, function in repository_functions().items():
        RecordingTransaction.statements.clear()
        run_and_roll_back(database, name, function, values)
        if any(re.search(r"\bconversas\b", sql) and "apagada" not in sql for sql in RecordingTransaction.statements):
            found.add(name)
    assert found == FIND_DELETED


def unindexed(plans: list[tuple[str, PlanStep]]) -> list[tuple[str, PlanStep]]:
    return [(sql, step) for sql, step in plans if not is_found_by_index(step)]
