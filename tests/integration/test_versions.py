"""Versions of questions and replies: asking, editing, answering again and switching in any order."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pymysql.connections import Connection

from falaai.database import Database
from falaai.errors import NotFound, NotTheLast, OtherVersionShown, StillAnswering
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import conversations, personal_data, versions
from falaai.repositories.messages import State
from falaai.repositories.running_replies import save_partial_text, update_stopped_reply
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import delete, path_to, read_page
from falaai_chat.generation.events import Interrupted
from falaai_chat.generation.stored_reply import StoredReply
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import regenerate_reply
from falaai_cleanup.tasks import clean_up
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import Rows
from tests.support.versions import edit, shown, switch


def test_switching_brings_back_everything_that_followed(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, "Um")
    answer(database, first, FakeModel(["Resposta um."]))
    answer(database, send(database, session, "Dois"), FakeModel(["Resposta dois."]))
    place = first.conversation_id
    edited = edit(database, session, first.question_id, "Um, de outro jeito")
    assert [turn.text for turn in edited.turns] == ["Um, de outro jeito"]
    answer(database, edited, FakeModel(["Outra resposta."]))
    assert shown(database, session, place) == [("Um, de outro jeito", 2, 2), ("Outra resposta.", 1, 1)]

    switch(database, session, edited.question_id, 1)
    before = [("Um", 1, 2), ("Resposta um.", 1, 1), ("Dois", 1, 1), ("Resposta dois.", 1, 1)]
    assert shown(database, session, place) == before
    asked = send(database, session, "Três")
    assert [turn.text for turn in asked.turns] == ["Um", "Resposta um.", "Dois", "Resposta dois.", "Três"]
    answer(database, asked, FakeModel(["Resposta três."]))

    switch(database, session, first.question_id, 2)
    assert shown(database, session, place) == [("Um, de outro jeito", 2, 2), ("Outra resposta.", 1, 1)]
    switch(database, session, edited.question_id, 1)
    assert shown(database, session, place) == [*before, ("Três", 1, 1), ("Resposta três.", 1, 1)]


def test_another_reply_keeps_the_old_one_and_its_own_id(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, "Oi")
    answer(database, first, FakeModel(["Primeira."]))
    again = regenerate_reply(database, session, first.reply_id, PLENTY)
    assert again.reply_id == first.reply_id
    assert "Primeira." not in str(again.turns)
    answer(database, again, FakeModel(["Segunda."]))
    place = first.conversation_id
    assert shown(database, session, place) == [("Oi", 1, 1), ("Segunda.", 2, 2)]
    page = switch(database, session, first.reply_id, 1)
    assert [(one.text, one.version, one.versions) for one in page.messages] == [("Oi", 1, 1), ("Primeira.", 1, 2)]
    third = regenerate_reply(database, session, page.messages[1].id, PLENTY)
    answer(database, third, FakeModel(["Terceira."]))
    assert shown(database, session, place) == [("Oi", 1, 1), ("Terceira.", 3, 3)]
    asked = send(database, session, "E agora?")
    assert [turn.text for turn in asked.turns] == ["Oi", "Terceira.", "E agora?"]


def test_reply_that_failed_without_a_word_leaves_no_version(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Oi")
    assert update_stopped_reply(database, first.reply_id)
    answer(database, regenerate_reply(database, session, first.reply_id, PLENTY), FakeModel(["Agora sim."]))
    assert shown(database, session, first.conversation_id) == [("Oi", 1, 1), ("Agora sim.", 1, 1)]


def test_interrupted_reply_in_the_middle_is_replaced_alone(database: Database, rows: Rows, session: Session) -> None:
    first = send(database, session, "Um")
    assert save_partial_text(database, first.reply_id, 1, "Até aqui")
    assert update_stopped_reply(database, first.reply_id)
    answer(database, send(database, session, "Dois"), FakeModel(["Resposta dois."]))
    again = regenerate_reply(database, session, first.reply_id, PLENTY)
    answer(database, again, FakeModel(["Inteira."]))
    whole = [("Um", 1, 1), ("Inteira.", 2, 2), ("Dois", 1, 1), ("Resposta dois.", 1, 1)]
    assert shown(database, session, first.conversation_id) == whole
    switch(database, session, first.reply_id, 1)
    assert shown(database, session, first.conversation_id) == [("Um", 1, 1), ("Até aqui", 1, 2)]
    hidden = rows.value("SELECT id FROM mensagens WHERE seq < 0 AND conteudo = 'Dois'")
    switch(database, session, hidden)
    assert shown(database, session, first.conversation_id) == whole


def test_text_of_a_stopped_reply_that_comes_late_is_kept(database: Database, session: Session, rows: Rows) -> None:
    """The person stops a reply and asks for another one before the first process has stored its last piece."""
    first = send(database, session, "Oi")
    assert isinstance(first, NewReply)
    assert save_partial_text(database, first.reply_id, 1, "Até aqui")
    assert update_stopped_reply(database, first.reply_id)
    again = regenerate_reply(database, session, first.reply_id, PLENTY)
    StoredReply(database, first).stop(Interrupted("Até aqui e mais"))
    answer(database, again, FakeModel(["Nova."]))
    assert shown(database, session, first.conversation_id) == [("Oi", 1, 1), ("Nova.", 2, 2)]
    switch(database, session, first.reply_id, 1)
    assert shown(database, session, first.conversation_id) == [("Oi", 1, 1), ("Até aqui e mais", 1, 2)]


def test_reply_that_ends_after_it_was_hidden_is_stored_and_disturbs_nothing(
    database: Database, session: Session, rows: Rows
) -> None:
    first = send(database, session, "Antiga")
    edited = edit(database, session, first.question_id, "Nova")
    answer(database, edited, FakeModel(["Resposta nova."]))
    queues = FakeQueues()
    answer(database, first, FakeModel(["Resposta antiga."]), queues)
    place = first.conversation_id
    assert shown(database, session, place) == [("Nova", 2, 2), ("Resposta nova.", 1, 1)]
    for message in queues.sent:
        model = FakeModel(["Um título"])
        if isinstance(message, TitleRequested):
            set_generated_title(database, model, message, 1)
        elif isinstance(message, SummaryRequested):
            summarize(database, model, message, 10, 1)
        assert "antiga" not in str(model.prompts).lower()
    switch(database, session, edited.question_id, 1)
    assert shown(database, session, place) == [("Antiga", 1, 2), ("Resposta antiga.", 1, 1)]


def test_switch_is_refused_while_a_reply_is_generated(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Um")
    answer(database, first)
    edited = edit(database, session, first.question_id, "Dois")
    with pytest.raises(StillAnswering):
        switch(database, session, edited.question_id, 1)
    answer(database, edited)
    switch(database, session, edited.question_id, 1)
    assert [text for text, _, _ in shown(database, session, first.conversation_id)] == ["Um", "Olá, Ana."]


def test_switch_of_unknown_hidden_or_foreign_messages(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Um")
    answer(database, first)
    edited = edit(database, session, first.question_id, "Dois")
    answer(database, edited)
    stranger = new_session(rows, rows.user("bia@exemplo.com.br"))
    for who, message, number in (
        (session, 10**9, 1),
        (session, edited.question_id, 3),
        (stranger, edited.question_id, 1),
        (stranger, first.question_id, None),
    ):
        with pytest.raises(NotFound):
            switch(database, who, message, number)
    with pytest.raises(OtherVersionShown):
        switch(database, session, first.question_id, 2)
    for act in (
        lambda: edit(database, session, first.question_id, "Três"),
        lambda: regenerate_reply(database, session, first.reply_id, PLENTY),
    ):
        with pytest.raises(OtherVersionShown):
            act()
    assert rows.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", session.user_id) == 2


def test_repeated_request_finds_its_hidden_question(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Um", client_id="c-1")
    answer(database, first, FakeModel(["Resposta um."]))
    answer(database, edit(database, session, first.question_id, "Dois"))
    again = send(database, session, "Um", client_id="c-1")
    assert (again.question_id, again.reply_id, again.reply_seq) == (first.question_id, first.reply_id, 2)
    assert answer(database, again).text == "Resposta um."
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 4


@pytest.mark.parametrize("until", [2, 4])
def test_switch_drops_a_summary_of_what_is_hidden(
    until: int, database: Database, session: Session, rows: Rows
) -> None:
    answer(database, send(database, session, "Um"))
    second = send(database, session, "Dois")
    answer(database, second)
    edited = edit(database, session, second.question_id, "Três")
    answer(database, edited)
    rows.run("UPDATE conversas SET resumo = 'Falaram.', resumo_ate_seq = %s", until)
    old = conversations.find_conversation(database, session.user_id, second.conversation_id)
    assert old
    switch(database, session, edited.question_id, 1)
    kept = "Falaram." if until == 2 else ""
    asked = send(database, session, "E agora?")
    assert isinstance(asked, NewReply)
    assert asked.summary == kept
    # A summary that was being written during the switch is not stored.
    assert not conversations.update_summary(database, old, "De outra versão", until)


def test_versions_are_deleted_and_exported_with_their_conversation(
    database: Database, session: Session, rows: Rows
) -> None:
    first = send(database, session, "Um")
    answer(database, first)
    answer(database, edit(database, session, first.question_id, "Dois"))
    place = first.conversation_id
    exported = personal_data.list_messages(database, session.user_id, [place])
    assert [(row["seq"], row["conteudo"], row["versao"], bool(row["ramo"])) for row in exported] == [
        (1, "Dois", 2, False), (2, "Olá, Ana.", 1, False), (1, "Um", 1, True), (2, "Olá, Ana.", 1, True),
    ]  # fmt: skip
    database.transaction(lambda sql: delete(sql, session, FakeQueues(), place))
    assert personal_data.list_messages(database, session.user_id, [place]) == []
    rows.run("UPDATE conversas SET apagada_em = apagada_em - INTERVAL 1 MINUTE")
    clean_up(database, 0, lambda: True)
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 0


def test_parallel_edits_and_switches_leave_a_whole_path(database: Database, session: Session, rows: Rows) -> None:
    first = send(database, session, "Um")
    answer(database, first)
    answer(database, send(database, session, "Dois"))
    place = first.conversation_id
    answer(database, edit(database, session, first.question_id, "v2"))
    tomorrow = new_session(rows, session.user_id, "outro")
    tomorrow = Session(**{**vars(tomorrow), "now": tomorrow.now + timedelta(days=1)})

    def act(number: int) -> None:
        who = (session, tomorrow)[number % 2]
        messages = read_page(database, who, place, 100).messages
        refused = (NotFound, NotTheLast, OtherVersionShown, StillAnswering)
        try:
            if number % 3:
                switch(database, who, messages[0].id, 1 + number % messages[0].versions)
            else:
                answer(database, edit(database, who, messages[0].id, f"p{number}"))
        except refused:
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(24)))
    shown(database, session, place)
    stored = {row["conteudo"] for row in rows.list("SELECT conteudo FROM mensagens WHERE remetente = 'usuario'")}
    assert {"Um", "Dois", "v2"} <= stored
    heads = rows.value("SELECT COUNT(*) FROM mensagens WHERE pai = 0")
    assert heads + 1 == rows.value("SELECT COUNT(*) FROM mensagens WHERE remetente = 'usuario'") - 1  # but "Dois"
    assert rows.value("SELECT COUNT(*) FROM mensagens WHERE (seq < 0) <> (ramo IS NOT NULL)") == 0


def test_path_to_a_branch_begins_with_the_outermost() -> None:
    branches = [
        versions.Branch(number, 10 * number, seq, 1, parent_id=1, parent_number=parent)
        for number, seq, parent in ((7, 5, 3), (3, 3, 2), (2, 1, 0), (9, 1, 0))
    ]
    assert [branch.number for branch in path_to(7, branches)] == [2, 3, 7]
    assert path_to(0, branches) == []


def test_state_of_a_hidden_copy_is_final(database: Database, session: Session, rows: Rows) -> None:
    """The copy of an abandoned reply must not be taken for a running one."""
    first = send(database, session, "Oi")
    rows.run(
        "UPDATE mensagens SET conteudo = 'Até', escrita_em = UTC_TIMESTAMP(6) - INTERVAL 90 SECOND WHERE seq = 2"
    )
    answer(database, regenerate_reply(database, session, first.reply_id, PLENTY))
    (copy,) = rows.list("SELECT estado, erro, conteudo FROM mensagens WHERE seq < 0")
    assert tuple(copy.values()) == (State.INTERRUPTED, "abandoned", "Até")


def test_switch_takes_the_same_number_of_statements_in_every_conversation(
    database: Database, rows: Rows, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """17 with the one that reads the session. A branch within a hidden branch takes two more."""
    first = send(database, session, "Um")
    answer(database, first)
    edited = edit(database, session, first.question_id, "Um, de outro jeito")
    answer(database, edited)
    commands: list[object] = []
    execute = Connection._execute_command

    def counted(connection: Connection, command: int, sql: str | bytes) -> None:
        commands.append(sql)
        execute(connection, command, sql)

    def count(message_id: int, number: int | None) -> int:
        with monkeypatch.context() as patched:
            patched.setattr(Connection, "_execute_command", counted)
            commands.clear()
            switch(database, session, message_id, number)
            return len(commands)

    assert count(edited.question_id, 1) <= 16
    for number in range(20):
        answer(database, send(database, session, f"Pergunta {number}"))
    assert count(first.question_id, 2) <= 16
    again = edit(database, session, edited.question_id, "E de outro")
    answer(database, again)
    answer(database, regenerate_reply(database, session, again.reply_id, PLENTY))
    hidden_reply = rows.value("SELECT MAX(id) FROM mensagens WHERE pai = %s", again.question_id)
    switch(database, session, again.question_id, 1)
    assert count(hidden_reply, None) <= 18
