"""The answer to COMMIT never arrives: the change is made once, and the caller gets the true result."""

import os
from datetime import datetime
from threading import Thread

import pytest

from falaai.database import Database, Statements
from falaai.language_model import Completed
from falaai.queue_messages import QueueMessage
from falaai.repositories.sessions import Session
from falaai.web.current_user import stored_key
from falaai_auth.browsers import Browser
from falaai_auth.registration import register
from falaai_auth.schemas import Credentials, Registration
from falaai_auth.sign_in import sign_in
from falaai_chat.generation import ReplyDependencies, generate_reply
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask, edit_question, regenerate_reply
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import EditInput, MessageInput
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.fault_proxy import FaultProxy
from tests.support.rows import Rows
from tests.support.waiting import wait_until

# `make test` takes a sample; `make test-faults` takes the whole.
COMMITS = int(os.environ.get("COMMITS", "40"))
PLENTY = Limits(Quota(10_000, 10_000, at_once=10_000))


def is_commit(request: bytes) -> bool:
    return b"\x03COMMIT" in request


@pytest.fixture
def session(rows: Rows) -> Session:
    user_id = rows.user()
    session_id = rows.insert(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES ('k', %s, NOW(6), NOW(6), NOW(6))",
        user_id,
    )
    return Session(session_id, user_id, None, "Ana", "ana@exemplo.com.br", 0, datetime(2026, 6, 1))


def test_swallowed_commits_leave_exactly_one_row_each(
    shaky: Database, proxy: FaultProxy, rows: Rows, session: Session
) -> None:
    proxy.swallowing(is_commit)
    asked = [ask(shaky, session, MessageInput(message=f"Pergunta {n}"), PLENTY) for n in range(COMMITS)]
    proxy.passing()
    assert proxy.swallowed == COMMITS
    assert all(isinstance(one, NewReply) for one in asked)
    questions = rows.list("SELECT id, seq, conteudo FROM mensagens WHERE remetente = 'usuario' ORDER BY seq")
    assert [(row["id"], row["conteudo"]) for row in questions] == [
        (one.question_id, f"Pergunta {n}") for n, one in enumerate(asked)
    ]
    assert [row["seq"] for row in questions] == list(range(1, 2 * COMMITS, 2))
    assert rows.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", session.user_id) == COMMITS


def test_regenerated_and_edited_once_whose_commit_is_lost(
    shaky: Database, proxy: FaultProxy, rows: Rows, session: Session
) -> None:
    dependencies = ReplyDependencies(shaky, FakeModel(), FakeQueues())
    first = ask(shaky, session, MessageInput(message="Um"), PLENTY)
    assert [*generate_reply(dependencies, first, "pt-BR", 20)]
    proxy.swallowing(is_commit)
    again = regenerate_reply(shaky, session, first.reply_id, PLENTY)
    proxy.passing()
    assert (again.reply_id, again.generation, proxy.swallowed) == (first.reply_id, 2, 1)
    assert [*generate_reply(dependencies, again, "pt-BR", 20)]
    proxy.swallowing(is_commit)
    edited = edit_question(shaky, session, first.question_id, EditInput(message="Dois"), PLENTY)
    proxy.passing()
    assert proxy.swallowed == 2
    stored = rows.list("SELECT id, conteudo, estado, geracao FROM mensagens WHERE seq > 0 ORDER BY seq")
    assert [tuple(row.values()) for row in stored] == [
        (edited.question_id, "Dois", "completa", 1),
        (edited.reply_id, "", "gerando", 1),
    ]
    hidden = rows.list("SELECT conteudo, posicao, versao FROM mensagens WHERE seq < 0 ORDER BY posicao, versao")
    assert [tuple(row.values()) for row in hidden] == [("Um", 1, 1), ("Olá, Ana.", 2, 1), ("Olá, Ana.", 2, 2)]
    assert rows.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", session.user_id) == 3
    assert rows.value("SELECT COUNT(*) FROM transacoes") == 0


def test_question_whose_commit_never_arrived_is_stored_once(
    shaky: Database, proxy: FaultProxy, rows: Rows, session: Session
) -> None:
    """From the outside the same as a lost answer, but the server has rolled the transaction back."""
    proxy.losing_one(is_commit)
    asked = ask(shaky, session, MessageInput(message="Oi"), PLENTY)
    stored = rows.list("SELECT id, conteudo FROM mensagens ORDER BY seq")
    assert [tuple(row.values()) for row in stored] == [(asked.question_id, "Oi"), (asked.reply_id, "")]
    assert rows.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", session.user_id) == 1


def test_commit_that_never_arrived_is_waited_for_and_done_again(
    shaky: Database, proxy: FaultProxy, rows: Rows
) -> None:
    """From the outside the same as a lost answer; here the server rolled everything back, and was away."""
    runs: list[str] = []

    def pass_after_a_refusal() -> None:
        before = proxy.connections
        wait_until(lambda: proxy.connections > before, "an attempt while the server is away")
        proxy.passing()

    def work(sql: Statements) -> int:
        runs.append(f"run {len(runs) + 1}")
        sql.run("INSERT INTO limites VALUES (%s, NOW(6), NOW(6), 1)", (runs[-1],))
        if len(runs) == 1:
            proxy.dropping()
            Thread(target=pass_after_a_refusal).start()
        return len(runs)

    assert shaky.transaction(work) == 2
    assert [row["chave"] for row in rows.list("SELECT chave FROM limites")] == ["run 2"]


def test_reply_whose_last_commit_is_lost_is_complete_and_paid_once(
    shaky: Database, proxy: FaultProxy, rows: Rows, session: Session
) -> None:
    dependencies = ReplyDependencies(shaky, FakeModel(), FakeQueues())
    for number in range(5):
        asked = ask(shaky, session, MessageInput(message=f"Pergunta {number}"), PLENTY)
        proxy.swallowing(is_commit)
        *_, end = generate_reply(dependencies, asked, "pt-BR", 20)
        proxy.passing()
        assert isinstance(end, Completed)
    used = rows.list("SELECT tokens_entrada, tokens_saida FROM uso_diario WHERE id_usuario > 0")
    assert [tuple(row.values()) for row in used] == [(15, 10)]
    assert rows.value("SELECT COUNT(*) FROM mensagens WHERE estado = 'completa'") == 10


def test_registration_with_a_lost_commit_is_one_account_and_one_email(
    shaky: Database, proxy: FaultProxy, rows: Rows
) -> None:
    sent: list[QueueMessage] = []
    proxy.swallowing(is_commit)
    form = Registration(nome="Ana", email="ana@exemplo.com.br", senha="cavalo bateria grampo", termos_registro=True)
    register(shaky, FakeQueues(sent), form, "127.0.0.1")
    proxy.passing()
    assert rows.value("SELECT COUNT(*) FROM usuarios") == 1
    assert len(sent) == 1
    assert {row["contagem"] for row in rows.list("SELECT contagem FROM limites")} == {1}


def test_sign_in_whose_commit_is_lost_opens_one_session(shaky: Database, proxy: FaultProxy, rows: Rows) -> None:
    user_id = rows.user(password="cavalo bateria grampo")
    form = Credentials(email="ana@exemplo.com.br", senha="cavalo bateria grampo")
    proxy.swallowing(is_commit)
    signed_in = sign_in(shaky, form, Browser("navegador", "127.0.0.1"))
    proxy.passing()
    assert (signed_in.user_id, proxy.swallowed) == (user_id, 1)
    assert rows.list("SELECT chave FROM sessoes") == [{"chave": stored_key(signed_in.token)}]
