"""The plan of each statement: its rows are found by an index, and none finds a deleted conversation by mistake."""

import ast
import re
import sys
from types import FrameType
from typing import Any, ClassVar, cast

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database, Executed, Parameters, Statements, Transaction
from falaai.repositories import personal_data
from tests.support.crowds import READ_AT_MOST, Crowd
from tests.support.paths import ROOT
from tests.support.plans import PlanStep, explain
from tests.support.repository_calls import RecordingTransaction, repository_functions, run_and_roll_back
from tests.support.statement_values import add_values

SORTED_AT_MOST = 50


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


def statement_lines() -> dict[tuple[str, int], set[int]]:
    """Return the calls of the product that read tables: file and first line, and all lines of the call."""
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
    assert crowded
    return add_values(where)


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


def test_deleting_an_account_reads_its_own_rows_alone(
    values: dict[str, Any], where: settings.DatabaseSettings
) -> None:
    """By the server's estimate: some rows of each table, whatever else there is."""
    assert values
    with connect(where) as connection:
        sql = ExplainedTransaction(connection)
        person = sql.find("SELECT id FROM usuarios WHERE email = 'pessoa-7@exemplo.com.br'")
        assert person is not None
        connection.begin()
        ExplainedTransaction.plans.clear()
        personal_data.delete_rows(sql, person["id"])
        plans = [*ExplainedTransaction.plans]
        assert sql.count("SELECT COUNT(*) FROM mensagens") > 5000
        connection.rollback()
    assert unindexed(plans) == []
    assert 0 < sum(step.rows for _, step in plans) < READ_AT_MOST


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
    "exchanges.has_transaction_key",
    "running_replies.list_running",  # a block stops these replies too
    "abandoned_replies.lock_abandoned_replies",
    "personal_data.delete_rows",
    "temporary_conversations.lock_temporary",
    "temporary_conversations.count_temporary",
    "temporary_conversations.count_overdue",
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
