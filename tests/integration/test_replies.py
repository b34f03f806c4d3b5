"""A reply, from the stored question to its proper end, on the real database with a fake model."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from falaai.database import Database
from falaai.errors import (
    Conflict,
    ModelTimedOut,
    NotFound,
    NotTheLast,
    StillAnswering,
)
from falaai.language_model import Usage
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.rate_limits import FOLLOWERS_AT_ONCE
from falaai.repositories.sessions import Session
from falaai_chat.generation import ReplyDependencies, generate_reply
from falaai_chat.generation.events import Interrupted
from falaai_chat.pending_replies import ExistingReply
from falaai_chat.questions import edit_question, regenerate_reply, repeated
from falaai_chat.schemas import EditInput
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import Rows


@pytest.fixture
def many_followers(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that repeat a question many times at once; what refuses a third follower is test_streaming.py's."""
    monkeypatch.setattr(repeated, "FOLLOWERS_AT_ONCE", replace(FOLLOWERS_AT_ONCE, hits=100))


def texts(rows: Rows) -> list[str]:
    return [
        row["conteudo"] for row in rows.list("SELECT conteudo FROM mensagens WHERE seq > 0 ORDER BY id_conversa, seq")
    ]


def test_question_is_there_before_the_model_is_called(database: Database, rows: Rows, session: Session) -> None:
    asked = send(database, session)
    stored = rows.list("SELECT seq, remetente, conteudo, estado FROM mensagens ORDER BY seq")
    assert [tuple(row.values()) for row in stored] == [(1, "usuario", "Oi", "completa"), (2, "ia", "", "gerando")]
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") == asked.conversation_id


def test_reply_is_stored_with_its_cost(database: Database, rows: Rows, session: Session) -> None:
    assert answer(database, send(database, session)).text == "Olá, Ana."
    (row,) = rows.list("SELECT conteudo, estado, modelo, tokens_entrada, tokens_saida FROM mensagens WHERE seq = 2")
    assert tuple(row.values()) == ("Olá, Ana.", "completa", "fake", 3, 2)
    used = rows.list("SELECT mensagens, tokens_entrada, tokens_saida FROM uso_diario WHERE id_usuario > 0")
    assert [tuple(row.values()) for row in used] == [(1, 3, 2)]


def test_failure_keeps_the_text_so_far_and_says_why(database: Database, rows: Rows, session: Session) -> None:
    asked = send(database, session)
    with pytest.raises(ModelTimedOut) as caught:
        answer(database, asked, FakeModel(failure=ModelTimedOut("late")))
    assert caught.value.facts["text"] == "Olá, Ana."
    (row,) = rows.list("SELECT conteudo, estado, erro FROM mensagens WHERE seq = 2")
    assert tuple(row.values()) == ("Olá, Ana.", "erro", "model_timed_out")


def test_text_so_far_is_written_about_once_a_second_and_stop_ends_it(
    database: Database, rows: Rows, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = send(database, session)
    model = FakeModel(pieces=["um ", "dois ", "três ", "quatro"])
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    events = generate_reply(ReplyDependencies(database, model, FakeQueues()), asked, "pt-BR", 20)
    next(events)
    now[0] += 1.1
    next(events)
    assert rows.value("SELECT conteudo FROM mensagens WHERE seq = 2") == "um "
    rows.run("UPDATE mensagens SET estado = 'interrompida' WHERE seq = 2")
    now[0] += 1.1
    (end,) = events
    assert end == Interrupted("um dois ", usage=Usage("fake", 3, 2))
    (row,) = rows.list("SELECT conteudo, estado FROM mensagens WHERE seq = 2")
    assert tuple(row.values()) == ("um dois ", "interrompida")


def test_try_given_up_cannot_write_into_the_next_one(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session)
    dependencies = ReplyDependencies(database, FakeModel(pieces=["velho"]), FakeQueues())
    old = generate_reply(dependencies, first, "pt-BR", 20)
    next(old)
    rows.run("UPDATE mensagens SET escrita_em = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND WHERE seq = 2")
    second = regenerate_reply(database, session, first.reply_id, PLENTY)
    assert list(old)  # the old process wakes up and comes to its end
    assert rows.value("SELECT conteudo FROM mensagens WHERE seq = 2") == ""
    answer(database, second, FakeModel(pieces=["novo"]))
    assert texts(rows) == ["Oi", "novo"]


def test_follower_of_a_reply_whose_process_died_is_told_so(database: Database, rows: Rows, session: Session) -> None:
    send(database, session, client_id="a-1")
    follower = send(database, session, client_id="a-1")
    rows.run("UPDATE mensagens SET conteudo = 'Ol', escrita_em = escrita_em - INTERVAL 61 SECOND WHERE seq = 2")
    assert answer(database, follower) == Interrupted("Ol", "abandoned")


def test_same_client_id_is_the_same_question(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, client_id="a-1")
    assert answer(database, first).text == "Olá, Ana."
    model = FakeModel()
    again = send(database, session, client_id="a-1")
    assert answer(database, again, model).text == "Olá, Ana."
    assert model.prompts == []
    with pytest.raises(Conflict):
        send(database, session, "Outra coisa", client_id="a-1")
    assert texts(rows) == ["Oi", "Olá, Ana."]


def test_same_client_id_is_found_in_whichever_conversation(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, client_id="a-1")
    answer(database, first)
    rows.run("UPDATE sessoes SET id_conversa_ativa = NULL")
    assert send(database, session, client_id="a-1").conversation_id == first.conversation_id
    stranger = new_session(rows, rows.user("bia@exemplo.com.br"))
    assert send(database, stranger, client_id="a-1").conversation_id != first.conversation_id


@pytest.mark.usefixtures("many_followers")
def test_twenty_at_once_with_one_client_id_are_one_question_and_one_answer(
    database: Database, rows: Rows, session: Session
) -> None:
    model = FakeModel()
    with ThreadPoolExecutor(20) as pool:
        endings = list(
            pool.map(lambda _: answer(database, send(database, session, client_id="a-1"), model), range(20))
        )
    assert {ending.text for ending in endings} == {"Olá, Ana."}
    assert len(model.prompts) == 1
    assert texts(rows) == ["Oi", "Olá, Ana."]
    assert rows.value("SELECT COUNT(*) FROM conversas") == 1


def test_new_conversation_is_made_whatever_conversation_is_active(
    database: Database, rows: Rows, session: Session
) -> None:
    first = send(database, session, "Na primeira")
    there = replace(session, active_conversation_id=first.conversation_id)
    second = send(database, there, "Noutra", nova=True, client_id="a-1")
    assert second.conversation_id != first.conversation_id
    assert [turn.text for turn in second.turns] == ["Noutra"]
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") == second.conversation_id
    rows.run("UPDATE sessoes SET id_conversa_ativa = %s", first.conversation_id)
    answer(database, second)
    again = send(database, there, "Noutra", nova=True, client_id="a-1")  # its answer was lost
    assert (again.conversation_id, type(again)) == (second.conversation_id, ExistingReply)
    assert texts(rows) == ["Na primeira", "", "Noutra", "Olá, Ana."]


@pytest.mark.usefixtures("many_followers")
@pytest.mark.parametrize(("client_ids", "conversations"), [(["a-1"], 1), (["a-1", "b-1"], 2)])
def test_new_conversations_asked_for_at_once_are_as_many_as_client_ids(
    database: Database, rows: Rows, session: Session, client_ids: list[str], conversations: int
) -> None:
    active = send(database, session, "Na primeira").conversation_id
    there = replace(session, active_conversation_id=active)
    with ThreadPoolExecutor(10) as pool:
        asked = list(pool.map(lambda one: send(database, there, nova=True, client_id=one), client_ids * 10))
    assert len({one.conversation_id for one in asked} - {active}) == conversations
    assert rows.value("SELECT COUNT(*) FROM conversas") == 1 + conversations
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 2 + 2 * conversations


def test_failed_reply_is_tried_again_in_its_place(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, client_id="a-1")
    with pytest.raises(ModelTimedOut):
        answer(database, first, FakeModel(failure=ModelTimedOut("late")))
    again = send(database, session, client_id="a-1")
    assert (again.reply_id, [turn.text for turn in again.turns]) == (first.reply_id, ["Oi"])
    answer(database, again, FakeModel(pieces=["Agora sim."]))
    assert texts(rows) == ["Oi", "Agora sim."]


def test_edit_and_regeneration_leave_the_active_conversation_as_it_is(
    database: Database, rows: Rows, session: Session
) -> None:
    first = send(database, session, "Na primeira")
    answer(database, first)
    second = send(database, session, "Noutra", nova=True)
    there = replace(session, active_conversation_id=second.conversation_id)
    again = regenerate_reply(database, there, first.reply_id, PLENTY)
    assert again.conversation_id == first.conversation_id
    answer(database, again)
    edited = edit_question(database, there, first.question_id, EditInput(message="De novo"), PLENTY)
    assert edited.conversation_id == first.conversation_id
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") == second.conversation_id


def test_last_reply_is_given_again_and_an_older_complete_one_is_not(
    database: Database, rows: Rows, session: Session
) -> None:
    first = send(database, session)
    with pytest.raises(StillAnswering):
        regenerate_reply(database, session, first.reply_id, PLENTY)
    answer(database, first)
    again = regenerate_reply(database, session, first.reply_id, PLENTY)
    answer(database, again, FakeModel(pieces=["De outro jeito."]))
    assert texts(rows) == ["Oi", "De outro jeito."]
    answer(database, send(database, session, "E agora?"))
    with pytest.raises(NotTheLast):
        regenerate_reply(database, session, first.reply_id, PLENTY)


def test_reply_to_a_question_already_summarised_is_tried_again_with_its_own_past(
    database: Database, rows: Rows, session: Session
) -> None:
    answer(database, send(database, session, "Um"))
    failed = send(database, session, "Dois")
    with pytest.raises(ModelTimedOut):
        answer(database, failed, FakeModel([], ModelTimedOut("late")))
    answer(database, send(database, session, "Três"))
    rows.run("UPDATE conversas SET resumo = 'Falaram até três.', resumo_ate_seq = 6")
    again = regenerate_reply(database, session, failed.reply_id, PLENTY)
    model = FakeModel()
    answer(database, again, model)
    assert [turn.text for turn in model.prompts[0].turns] == ["Um", "Olá, Ana.", "Dois"]
    assert "Falaram até três." not in str(model.prompts[0])


def test_edited_question_hides_what_followed_and_drops_the_summary_of_it(
    database: Database, rows: Rows, session: Session
) -> None:
    first = send(database, session, "Um")
    answer(database, first)
    answer(database, send(database, session, "Dois"))
    rows.run("UPDATE conversas SET resumo = 'Falaram de um e dois.', resumo_ate_seq = 4")
    edited = edit_question(database, session, first.question_id, EditInput(message="Três"), PLENTY)
    assert [turn.text for turn in edited.turns] == ["Três"]
    answer(database, edited, FakeModel(pieces=["Resposta três."]))
    assert texts(rows) == ["Três", "Resposta três."]
    (row,) = rows.list("SELECT ultima_seq, resumo, resumo_ate_seq FROM conversas")
    assert tuple(row.values()) == (2, None, 0)
    answer(database, send(database, session, "Quatro"))
    assert [row["seq"] for row in rows.list("SELECT seq FROM mensagens WHERE seq > 0 ORDER BY seq")] == [1, 2, 3, 4]


def test_messages_of_another_user_do_not_exist(database: Database, rows: Rows, session: Session) -> None:
    theirs = rows.conversation(rows.user("bia@exemplo.com.br"), "segredo", "resposta")
    question, reply = (row["id"] for row in rows.list("SELECT id FROM mensagens ORDER BY seq"))
    for attempt in (
        lambda: send(database, session, conversation_id=theirs),
        lambda: regenerate_reply(database, session, reply, PLENTY),
        lambda: edit_question(database, session, question, EditInput(message="x"), PLENTY),
        lambda: regenerate_reply(database, session, question, PLENTY),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert texts(rows) == ["segredo", "resposta"]


def test_follow_up_jobs_are_requested_where_they_are_due(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMORY_TOKENS", "2000")
    asked, queues = send(database, session, "Oi " * 1000), FakeQueues()
    answer(database, asked, queues=queues)
    assert queues.sent == [TitleRequested(conversation_id=asked.conversation_id)]
    answer(database, send(database, session, "E agora? " * 100), FakeModel(["palavra " * 400]), queues)
    assert queues.sent[-1] == SummaryRequested(conversation_id=asked.conversation_id)


def test_queue_that_refuses_does_not_spoil_the_reply(database: Database, session: Session) -> None:
    assert answer(database, send(database, session), queues=FakeQueues(refuses=True)).text == "Olá, Ana."
