"""Deleting a conversation, undoing it within 10 seconds, and the deletion of its rows after that."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from falaai.account_erasure import close_account, erase_batch
from falaai.database import Database, Statements
from falaai.errors import NotFound, RetryLater
from falaai.language_model import Delta
from falaai.queue_messages import CleanupRequested, SummaryRequested, TitleRequested
from falaai.repositories import conversations, deletions, personal_data, search
from falaai.repositories.deletions import ERASED_AFTER_SECONDS, UNDO_SECONDS
from falaai.repositories.messages import State
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import (
    ERASURE_DELAY_SECONDS,
    change,
    delete,
    get_conversation,
    read_page,
    restore,
    switch_version,
)
from falaai_chat.generation import ReplyDependencies, generate_reply
from falaai_chat.pending_replies import NewReply, get_reply
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import ConversationChange, EditInput
from falaai_cleanup import tasks, worker
from falaai_cleanup.tasks import DELETED_CONVERSATIONS, clean_up, preview
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows


@pytest.fixture
def theirs(rows: Rows) -> Session:
    return new_session(rows, rows.user("bia@exemplo.com.br"))


def remove(database: Database, session: Session, conversation_id: int) -> None:
    database.transaction(lambda sql: delete(sql, session, FakeQueues(), conversation_id))


def undo(database: Database, session: Session, conversation_id: int) -> conversations.Conversation:
    return database.transaction(lambda sql: restore(sql, session, conversation_id))


def erase(database: Database) -> dict[str, int]:
    erased = clean_up(database, 0, lambda: True, [DELETED_CONVERSATIONS])
    assert erased.is_done
    return {name: count for name, count in erased.rows.items() if count}


def age(rows: Rows, conversation_id: int, seconds: float) -> None:
    """Make a deletion older."""
    rows.run(
        "UPDATE conversas SET apagada_em = apagada_em - INTERVAL %s SECOND WHERE id = %s", seconds, conversation_id
    )


def listed(database: Database, session: Session) -> list[int]:
    return [one.id for one in conversations.list_conversations(database, session.user_id, 100)]


def everything(rows: Rows) -> list[Any]:
    return [rows.list(f"SELECT * FROM {table} ORDER BY id") for table in ("conversas", "mensagens")]


def test_restored_conversation_is_as_it_was_at_its_place(database: Database, session: Session, rows: Rows) -> None:
    rows.conversation(session.user_id, "Mais nova", "Sim.")
    place = rows.conversation(session.user_id, "Oi", "Olá.", "Mais?", "Sim.", days_old=3, pinned=False)
    rows.conversation(session.user_id, "Mais velha", "Sim.", days_old=5)
    rows.run(
        "UPDATE conversas SET titulo_conversa = 'Meu título', titulo_manual = TRUE, resumo = 'Falaram.',"
        " resumo_ate_seq = 2, resumo_versao = 4, fixada = TRUE WHERE id = %s",
        place,
    )
    question = rows.value("SELECT id FROM mensagens WHERE id_conversa = %s AND seq = 3", place)
    answer(database, edit_question(database, session, question, EditInput(message="Outra versão"), PLENTY))
    before, order = everything(rows), listed(database, session)
    remove(database, session, place)
    assert place not in listed(database, session)
    assert undo(database, session, place).title == "Meu título"
    assert everything(rows) == before
    assert listed(database, session) == order
    page, deleted = deletions.list_page(database, session.user_id, 2, 20)
    assert ([one.id for one in page], deleted) == (order[:2], [])


def test_deletion_keeps_no_copy_and_every_reader_takes_it_for_deleted(
    database: Database, session: Session, rows: Rows
) -> None:
    asked = send(database, session, "Onde fica o abacaxi?")
    assert isinstance(asked, NewReply)
    answer(database, asked)
    place, user = asked.conversation_id, session.user_id
    tables = [table for table in TABLES if table != "transacoes"]
    counts = {table: rows.value(f"SELECT COUNT(*) FROM {table}") for table in tables}
    remove(database, session, place)
    assert {table: rows.value(f"SELECT COUNT(*) FROM {table}") for table in tables} == counts

    for change_of in ("titulo_conversa", "fixada"):
        wanted = ConversationChange.model_validate({change_of: "Outro" if change_of == "titulo_conversa" else True})
        with pytest.raises(NotFound):
            database.transaction(lambda sql, wanted=wanted: change(sql, session, place, wanted))
    in_transactions: dict[str, Callable[[Statements], object]] = {
        "open": lambda sql: get_conversation(sql, session, place),
        "page": lambda sql: read_page(sql, session, place, 50),
        "delete": lambda sql: delete(sql, session, FakeQueues(), place),
        "switch": lambda sql: switch_version(sql, session, asked.question_id, 1, 50),
    }
    requests: dict[str, Callable[[], object]] = {
        "follow": lambda: get_reply(database, session, asked.reply_id),
        "ask": lambda: send(database, session, "Mais?", conversation_id=place),
        "regenerate": lambda: regenerate_reply(database, session, asked.reply_id, PLENTY),
        "edit": lambda: edit_question(database, session, asked.question_id, EditInput(message="x"), PLENTY),
    }
    for name, work in in_transactions.items():
        requests[name] = lambda work=work: database.transaction(work)  # type: ignore[misc]
    for name, request in requests.items():
        with contextlib.suppress(NotFound):
            pytest.fail(f"{name} found {request()}")
    assert listed(database, session) == []
    assert search.list_matching_conversations(database, user, "abacaxi", 10) == ([], None)
    assert search.list_hits(database, user, "abacaxi", [place]) == []
    assert personal_data.list_conversation_sizes(database, user) == []
    assert personal_data.list_conversations(database, user, [place]) == []
    assert personal_data.list_messages(database, user, [place]) == []
    assert personal_data.list_messages_after(database, user, place, 0, 10) == []
    assert personal_data.list_hidden_messages(database, user, place, 0, 10) == []
    row = rows.list("SELECT titulo_manual, fixada FROM conversas")
    assert row == [{"titulo_manual": 0, "fixada": 0}]


def test_undo_ends_after_ten_seconds_by_the_clock_of_the_database(
    database: Database, session: Session, rows: Rows
) -> None:
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    _, (deletion,) = deletions.list_page(database, session.user_id, 30, 20)
    assert (deletion.conversation_id, 0 < deletion.seconds_left <= UNDO_SECONDS) == (place, True)
    age(rows, place, UNDO_SECONDS)
    with pytest.raises(NotFound):
        undo(database, session, place)
    assert deletions.list_page(database, session.user_id, 30, 20) == ([], [])
    assert listed(database, session) == []


def test_second_deletion_is_refused_and_does_not_move_the_first(
    database: Database, session: Session, rows: Rows
) -> None:
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    age(rows, place, 6)
    since = rows.value("SELECT apagada_em FROM conversas")
    with pytest.raises(NotFound):
        remove(database, session, place)
    deletions.update_deleted(database, session.user_id, place)
    assert rows.value("SELECT apagada_em FROM conversas") == since


def test_repeated_undo_changes_nothing(database: Database, session: Session, rows: Rows) -> None:
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    undo(database, session, place)
    before = everything(rows)
    undo(database, session, place)
    assert everything(rows) == before


def test_another_user_undoes_nothing(database: Database, session: Session, theirs: Session, rows: Rows) -> None:
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    for conversation_id in (place, 10**9):
        with pytest.raises(NotFound):
            undo(database, theirs, conversation_id)
    assert deletions.list_page(database, theirs.user_id, 30, 20) == ([], [])
    assert rows.value("SELECT COUNT(*) FROM conversas WHERE apagada_em IS NOT NULL") == 1


def test_deletion_asks_for_the_erasure_and_works_without_a_queue(
    database: Database, session: Session, rows: Rows
) -> None:
    first, second = (rows.conversation(session.user_id, "Oi", "Olá.") for _ in range(2))
    queues = FakeQueues()
    database.transaction(lambda sql: delete(sql, session, queues, first))
    assert queues.sent == [CleanupRequested(only="deleted_conversations")]
    assert queues.delays == [ERASURE_DELAY_SECONDS]
    assert UNDO_SECONDS < ERASED_AFTER_SECONDS < ERASURE_DELAY_SECONDS <= 30
    database.transaction(lambda sql: delete(sql, session, FakeQueues(refuses=True), second))
    assert listed(database, session) == []


def test_cleanup_deletes_what_can_no_longer_be_restored(
    database: Database, session: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 3)
    kept = rows.conversation(session.user_id, "Fica", "Sim.")
    young, old = (rows.conversation(session.user_id, *["Oi", "Olá."] * 4) for _ in range(2))
    for place in (young, old):
        remove(database, session, place)
    age(rows, young, ERASED_AFTER_SECONDS - 5)
    age(rows, old, ERASED_AFTER_SECONDS)
    assert preview(database, 0)["deleted_conversations"] == 1
    assert erase(database) == {"messages": 8, "deleted_conversations": 1}
    assert [row["id"] for row in rows.list("SELECT id FROM conversas ORDER BY id")] == [kept, young]
    age(rows, young, 5)
    assert (
        clean_up(database, 90, lambda: True).rows["deleted_conversations"] == 1
    )  # the daily cleanup, without a message
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 2


def test_message_of_a_deletion_runs_this_task_alone_and_goes_on_later(
    database: Database, session: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues, counted = FakeQueues(), list[str]()
    monkeypatch.setattr(worker, "database", lambda: database)
    monkeypatch.setattr(worker, "queues", lambda: queues)
    monkeypatch.setattr(worker, "count", counted.append)
    monkeypatch.setenv("PICTURES_BUCKET", "none")
    rows.conversation(session.user_id, "Velha", days_old=4000)
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    age(rows, place, ERASED_AFTER_SECONDS)
    monkeypatch.setattr(worker, "_has_time", lambda: False)
    worker._continue(CleanupRequested(only="deleted_conversations"), 0)
    assert queues.sent == [CleanupRequested(round=2, only="deleted_conversations")]
    monkeypatch.setattr(worker, "_has_time", lambda: True)
    worker._continue(CleanupRequested(round=2, only="deleted_conversations"), 0)
    assert rows.value("SELECT COUNT(*) FROM conversas") == 1
    assert counted == []  # the alarm about a missing daily cleanup must not take this for one


def test_undo_and_erasure_at_once_leave_all_or_nothing(
    database: Database, session: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the end of the ten seconds a conversation is either whole or gone, and the answer says which."""
    monkeypatch.setattr(deletions, "_ERASABLE", f"apagada_em <= UTC_TIMESTAMP(6) - INTERVAL {UNDO_SECONDS} SECOND")
    monkeypatch.setattr(tasks, "BATCH", 2)
    for number in range(24):
        place = rows.conversation(session.user_id, *["Oi", "Olá."] * 3)
        remove(database, session, place)
        age(rows, place, UNDO_SECONDS - 0.02 + 0.002 * (number % 12))
        with ThreadPoolExecutor(2) as pool:
            erasing = pool.submit(erase, database)
            undoing = pool.submit(undo, database, session, place)
        erasing.result()
        is_back = undoing.exception() is None
        assert is_back or isinstance(undoing.exception(), NotFound)
        age(rows, place, 60)  # of a restored one there is no mark to age
        erase(database)
        assert rows.value("SELECT COUNT(*) FROM conversas WHERE id = %s", place) == int(is_back)
        assert rows.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", place) == (6 if is_back else 0)


def test_reply_that_ends_while_deleted_is_whole_after_the_undo(
    database: Database, session: Session, rows: Rows
) -> None:
    asked = send(database, session, "Oi")
    assert isinstance(asked, NewReply)
    queues = FakeQueues()
    events = generate_reply(ReplyDependencies(database, FakeModel(), queues), asked, "pt-BR", 20)
    first = next(events)
    assert isinstance(first, Delta)
    remove(database, session, asked.conversation_id)
    with pytest.raises(NotFound):
        get_reply(database, session, asked.reply_id)
    *_, end = events
    undo(database, session, asked.conversation_id)
    reply = get_reply(database, session, asked.reply_id)
    assert (reply.state, reply.text) == (State.COMPLETE, getattr(end, "text", ""))
    assert TitleRequested(conversation_id=asked.conversation_id) in queues.sent


def test_reply_under_way_ends_when_its_rows_are_deleted(database: Database, session: Session, rows: Rows) -> None:
    asked = send(database, session, "Oi")
    events = generate_reply(ReplyDependencies(database, FakeModel(), FakeQueues()), asked, "pt-BR", 20)
    next(events)
    remove(database, session, asked.conversation_id)
    age(rows, asked.conversation_id, ERASED_AFTER_SECONDS)
    erase(database)
    list(events)
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 0


def test_late_title_and_summary_wait_for_an_undo_and_write_nothing_meanwhile(
    database: Database, session: Session, rows: Rows
) -> None:
    asked = send(database, session, "Oi")
    answer(database, asked)
    place = asked.conversation_id
    title, summary = TitleRequested(conversation_id=place), SummaryRequested(conversation_id=place)
    stored = conversations.find_conversation(database, session.user_id, place)
    assert stored
    remove(database, session, place)
    model = FakeModel()
    with pytest.raises(RetryLater):
        set_generated_title(database, model, title, 1)
    with pytest.raises(RetryLater):
        summarize(database, model, summary, 10, 1)
    assert model.prompts == []  # no text of a deleted conversation is sent
    assert not conversations.set_generated_title(database, place, "Atrasado")
    assert not conversations.update_summary(database, stored, "Atrasado", 2)
    undo(database, session, place)
    set_generated_title(database, FakeModel(["Um título"]), title, 20)
    assert get_conversation(database, session, place).title == "Um título"


def test_message_without_a_conversation_begins_another_one(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Oi", client_id="um")
    rows.run("UPDATE sessoes SET id_conversa_ativa = %s", first.conversation_id)
    remove(database, session, first.conversation_id)
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") is None
    stale = Session(**{**vars(session), "active_conversation_id": first.conversation_id})
    second = send(database, stale, "Oi", client_id="um")  # even the same message: its first copy is deleted
    assert second.conversation_id != first.conversation_id
    undo(database, session, first.conversation_id)
    assert set(listed(database, session)) == {first.conversation_id, second.conversation_id}


def test_deletion_of_the_account_is_final_at_once(database: Database, session: Session, rows: Rows) -> None:
    place = rows.conversation(session.user_id, "Oi", "Olá.")
    remove(database, session, place)
    database.transaction(lambda sql: close_account(sql, session.user_id))
    while database.transaction(lambda sql: erase_batch(sql, session.user_id)):
        pass
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 0
