"""A page that leaves a temporary conversation before it knows its id: that is deleted, or never begins."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from falaai.errors import NotFound, TooManyRequests
from falaai.rate_limits import CLOSINGS_AN_HOUR
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import close_begun
from falaai_chat.generation.events import Interrupted
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask
from falaai_chat.schemas import MessageInput
from tests.support.mortal_connections import Killed, MortalConnection
from tests.support.races import Race
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows

SECRET = "segredo-passageiro"
KEY = "a-primeira-pergunta"
BEGIN = {"nova": True, "temporaria": True}


def begin(database: Database, session: Session, key: str = KEY) -> NewReply:
    asked = send(database, session, f"Meu {SECRET}", client_id=key, **BEGIN)
    assert isinstance(asked, NewReply)
    return asked


def traces(rows: Rows) -> list[str]:
    """Return the tables that have the secret, or the key of the question, in any row."""
    texts = {table: str(rows.list(f"SELECT * FROM {table}")) for table in TABLES}
    return [table for table, text in texts.items() if SECRET in text or KEY in text]


def test_conversation_of_the_question_is_deleted_and_no_other(
    database: Database, rows: Rows, session: Session
) -> None:
    begin(database, session)
    other = begin(database, session, "outra-pergunta")
    common = send(database, session, "Comum", nova=True, client_id="comum")
    close_begun(database, session, KEY)
    close_begun(database, session, "comum")
    kept = [row["id"] for row in rows.list("SELECT id FROM conversas ORDER BY id")]
    assert kept == [other.conversation_id, common.conversation_id]
    assert rows.value("SELECT COUNT(*) FROM mensagens WHERE chave = %s", KEY) == 0


def test_reply_under_way_ends_and_leaves_nothing(database: Database, rows: Rows, session: Session) -> None:
    asked = begin(database, session)
    close_begun(database, session, KEY)
    assert isinstance(answer(database, asked), Interrupted)
    assert traces(rows) == []
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0


def test_question_that_arrives_later_begins_nothing(database: Database, rows: Rows, session: Session) -> None:
    close_begun(database, session, KEY)
    for _ in range(2):  # a browser or a gateway may repeat it
        with pytest.raises(NotFound):
            begin(database, session)
    assert traces(rows) == []
    assert rows.value("SELECT COUNT(*) FROM conversas") == rows.value("SELECT COUNT(*) FROM mensagens") == 0
    assert rows.value("SELECT SUM(mensagens) FROM uso_diario") == 0
    begin(database, session, "outra-pergunta")
    assert rows.value("SELECT COUNT(*) FROM limites WHERE fim > UTC_TIMESTAMP(6) + INTERVAL 1 HOUR") == 0


def test_conversation_of_another_user_is_not_closed(database: Database, rows: Rows, session: Session) -> None:
    theirs = new_session(rows, rows.user("bia@exemplo.com.br"))
    close_begun(database, theirs, KEY)
    begin(database, session)
    close_begun(database, theirs, KEY)
    assert rows.value("SELECT COUNT(*) FROM conversas") == 1


def test_only_temporary_questions_are_refused(database: Database, rows: Rows, session: Session) -> None:
    close_begun(database, session, KEY)
    send(database, session, "Comum", nova=True, client_id=KEY)
    assert rows.value("SELECT COUNT(*) FROM conversas") == 1


def test_closings_are_limited(database: Database, session: Session) -> None:
    for number in range(CLOSINGS_AN_HOUR.hits):
        close_begun(database, session, f"k{number}")
    with pytest.raises(TooManyRequests):
        close_begun(database, session, KEY)


@pytest.mark.parametrize("is_close_first", [False, True])
@pytest.mark.parametrize("question_before", [timedelta(), timedelta(days=1)], ids=["one day", "around midnight"])
def test_question_and_close_at_once_leave_nothing(
    rows: Rows,
    session: Session,
    where: settings.DatabaseSettings,
    is_close_first: bool,
    question_before: timedelta,
) -> None:
    """In whichever order they come, and wherever the first of them stops."""
    earlier = replace(session, now=session.now - question_before)
    stopped = 0
    for stop in range(1, 40):
        key = f"{KEY}-{stop}"
        question = MessageInput(message=SECRET, client_id=key, **BEGIN)

        def put(database: Database, question: MessageInput = question) -> None:
            with suppress(NotFound):
                ask(database, earlier, question, PLENTY)

        def leave(database: Database, key: str = key) -> None:
            close_begun(database, session, key)

        first, second = (leave, put) if is_close_first else (put, leave)
        rows.run("DELETE FROM limites")
        was_stopped, ended = Race(where, rows).run(stop, first, second)
        ended.result()
        assert traces(rows) == []
        assert rows.value("SELECT COUNT(*) FROM conversas") == 0
        if not was_stopped:
            break
        stopped += 1
    assert stopped >= 7


@pytest.mark.parametrize("dies", ["question", "close"])
def test_death_at_any_statement_leaves_nothing_after_another_close(
    database: Database,
    rows: Rows,
    session: Session,
    where: settings.DatabaseSettings,
    monkeypatch: pytest.MonkeyPatch,
    dies: str,
) -> None:
    """A close that dies changes nothing, and the browser or the cleanup closes again."""
    monkeypatch.setattr("falaai.connections.Connection", MortalConnection)
    died = 0
    for moment in range(2, 40):
        if dies == "close":
            begin(database, session)
        MortalConnection.statements_left = 0
        mortal = Database(lambda: connect(where))
        mortal.list("SELECT 1")
        MortalConnection.statements_left = moment
        try:
            begin(mortal, session) if dies == "question" else close_begun(mortal, session, KEY)
            has_died = False
        except Killed:
            has_died = True
        MortalConnection.statements_left = 0
        left = rows.value("SELECT COUNT(*) FROM conversas")
        assert rows.value("SELECT COUNT(*) FROM mensagens") == 2 * left
        close_begun(database, session, KEY)
        assert traces(rows) == []
        assert rows.value("SELECT COUNT(*) FROM conversas") == 0
        rows.run("DELETE FROM limites")
        if not has_died:
            break
        died += 1
    assert died > 5
