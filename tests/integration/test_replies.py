"""A reply, from the stored question to its proper end, on the real database with a fake model."""

import time

import pytest

from falaai.conversation_memory import Turn
from falaai.database import Database
from falaai.errors import Conflict, ModelTimedOut, NotFound, StillAnswering
from falaai.language_model import Prompt
from falaai.queue_messages import FoldingRequested, TitleRequested
from falaai.repositories.sessions import Session
from falaai_chat.answering import ask_for_afterwork, generate
from falaai_chat.asking import Asked, ask
from falaai_chat.inputs import MessageInput
from tests.fakes import FakeModel, FakeQueues
from tests.integration.conftest import Rows

PROMPT = Prompt("persona", (Turn(1, "usuario", "Oi"),))


@pytest.fixture
def session(rows: Rows) -> Session:
    user_id = rows.user()
    session_id = rows.insert(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES ('k', %s, NOW(), NOW(), NOW())",
        user_id,
    )
    return Session(session_id, user_id, None, "Ana", "ana@exemplo.com.br", 0)


def answer(database: Database, asked: Asked, model: FakeModel) -> str:
    return "".join(generate(database, model, asked, PROMPT, 20))


def test_question_is_there_before_the_model_is_called(database: Database, rows: Rows, session: Session) -> None:
    asked = ask(database, session, MessageInput(message="Oi"))
    stored = rows.list("SELECT seq, remetente, conteudo, estado FROM mensagens ORDER BY seq")
    assert [tuple(row.values()) for row in stored] == [(1, "usuario", "Oi", "completa"), (2, "ia", "", "gerando")]
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") == asked.conversation.id


def test_reply_is_stored_with_its_cost(database: Database, rows: Rows, session: Session) -> None:
    asked = ask(database, session, MessageInput(message="Oi"))
    assert answer(database, asked, FakeModel()) == "Olá, Ana."
    (row,) = rows.list("SELECT conteudo, estado, modelo, tokens_entrada, tokens_saida FROM mensagens WHERE seq = 2")
    assert tuple(row.values()) == ("Olá, Ana.", "completa", "fake", 3, 2)


def test_failure_keeps_the_text_so_far_and_says_why(database: Database, rows: Rows, session: Session) -> None:
    asked = ask(database, session, MessageInput(message="Oi"))
    with pytest.raises(ModelTimedOut):
        answer(database, asked, FakeModel(failure=ModelTimedOut("late")))
    (row,) = rows.list("SELECT conteudo, estado, erro FROM mensagens WHERE seq = 2")
    assert tuple(row.values()) == ("Olá, Ana.", "erro", "model_timed_out")


def test_text_so_far_is_written_about_once_a_second_and_stop_ends_it(
    database: Database, rows: Rows, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(database, session, MessageInput(message="Oi"))
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pieces = generate(database, FakeModel(pieces=["um ", "dois ", "três ", "quatro"]), asked, PROMPT, 20)
    next(pieces)
    now[0] += 1.1
    next(pieces)
    assert rows.value("SELECT conteudo FROM mensagens WHERE seq = 2") == "um "
    rows.run("UPDATE mensagens SET estado = 'interrompida' WHERE seq = 2")
    now[0] += 1.1
    assert list(pieces) == []
    assert rows.value("SELECT estado FROM mensagens WHERE seq = 2") == "interrompida"


def test_same_client_id_gives_the_same_reply(database: Database, rows: Rows, session: Session) -> None:
    question = MessageInput(message="Oi", client_id="a-1")
    first = ask(database, session, question)
    active = Session(session.id, session.user_id, first.conversation.id, "Ana", session.user_email, 0)
    with pytest.raises(StillAnswering):
        ask(database, active, question)
    answer(database, first, FakeModel())
    again = ask(database, active, question)
    assert again.answered is not None
    assert again.answered.text == "Olá, Ana."
    with pytest.raises(Conflict):
        ask(database, active, MessageInput(message="Outra coisa", client_id="a-1"))
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 2


def test_failed_reply_is_tried_again_in_its_place(database: Database, rows: Rows, session: Session) -> None:
    question = MessageInput(message="Oi", client_id="a-1")
    first = ask(database, session, question)
    with pytest.raises(ModelTimedOut):
        answer(database, first, FakeModel(failure=ModelTimedOut("late")))
    active = Session(session.id, session.user_id, first.conversation.id, "Ana", session.user_email, 0)
    again = ask(database, active, question)
    assert (again.reply_id, [turn.text for turn in again.turns]) == (first.reply_id, ["Oi"])
    answer(database, again, FakeModel(pieces=["Agora sim."]))
    assert [row["conteudo"] for row in rows.list("SELECT conteudo FROM mensagens ORDER BY seq")] == [
        "Oi",
        "Agora sim.",
    ]


def test_reply_of_a_dead_process_can_be_tried_again(database: Database, rows: Rows, session: Session) -> None:
    question = MessageInput(message="Oi", client_id="a-1")
    first = ask(database, session, question)
    rows.run("UPDATE mensagens SET escrita_em = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND WHERE seq = 2")
    active = Session(session.id, session.user_id, first.conversation.id, "Ana", session.user_email, 0)
    assert ask(database, active, question).reply_id == first.reply_id


def test_somebody_elses_conversation_does_not_exist(database: Database, rows: Rows, session: Session) -> None:
    theirs = rows.conversation(rows.user("bia@exemplo.com.br"), "segredo")
    with pytest.raises(NotFound):
        ask(database, session, MessageInput(message="Oi", conversation_id=theirs))
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 1


def test_afterwork_is_asked_for_where_it_is_due(database: Database, session: Session) -> None:
    asked, queues = ask(database, session, MessageInput(message="Oi " * 2000)), FakeQueues()
    ask_for_afterwork(queues, asked, "Olá", 4000)
    assert queues.sent == [TitleRequested(conversation_id=asked.conversation.id)]
    later = ask(database, session, MessageInput(message="E agora?", conversation_id=asked.conversation.id))
    ask_for_afterwork(queues, later, "Olá", 1000)
    assert queues.sent[-1] == FoldingRequested(conversation_id=asked.conversation.id)


def test_queue_that_refuses_does_not_spoil_the_reply(database: Database, session: Session) -> None:
    asked = ask(database, session, MessageInput(message="Oi"))
    ask_for_afterwork(FakeQueues(refuses=True), asked, "Olá", 4000)
