"""Temporary conversations on the real database: nothing lists, names or remembers them, and nothing of them stays."""

from collections.abc import Generator

import pytest

from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from falaai.errors import InvalidInput, NotFound
from falaai.language_model import Completed, Delta, ModelEvent, Prompt, Usage
from falaai.personal_archive import json_pieces
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import conversations, deletions, search
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import close, get_conversation, open_conversation
from falaai_chat.generation.events import Interrupted
from falaai_chat.pending_replies import NewReply
from falaai_chat.prompts import FACTS_HEADING
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_cleanup.tasks import clean_up, preview
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.mortal_connections import Killed, MortalConnection
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows
from tests.support.uploaded_files import add_upload, pdf

SECRET = "segredo-passageiro"


def begin(database: Database, session: Session, text: str = f"Meu {SECRET}") -> NewReply:
    asked = send(database, session, text, nova=True, temporaria=True)
    assert isinstance(asked, NewReply)
    return asked


def make_older(rows: Rows, by: str, conversation_id: int | None = None) -> None:
    """Let a temporary conversation, or all of them, have begun earlier by hours:minutes:seconds."""
    rows.run(
        "UPDATE conversas SET temporaria_em = temporaria_em - INTERVAL %s HOUR_SECOND"
        " WHERE temporaria AND id = COALESCE(%s, id)",
        *(by, conversation_id),
    )


def leave(database: Database, session: Session, conversation_id: int) -> None:
    database.transaction(lambda sql: close(sql, session, conversation_id))


def traces(rows: Rows) -> list[str]:
    """Return the tables that have the secret in any row."""
    return [table for table in TABLES if SECRET in str(rows.list(f"SELECT * FROM {table}"))]


def test_it_is_in_no_list_search_or_archive(database: Database, rows: Rows, session: Session) -> None:
    answer(database, begin(database, session))
    assert "mensagens" in traces(rows)
    assert conversations.list_conversations(database, session.user_id, 10) == []
    assert deletions.list_page(database, session.user_id, 10, 10) == ([], [])
    assert search.list_matching_conversations(database, session.user_id, SECRET, 10) == ([], None)
    assert SECRET not in "".join(json_pieces(database, session.user_id))


def test_it_gets_no_title_no_summary_and_no_facts(database: Database, rows: Rows, session: Session) -> None:
    queues, asked = FakeQueues(), begin(database, session, f"Eu moro em {SECRET}. Lembre que eu gosto de mar.")
    answer(database, asked, queues=queues)
    for _ in range(3):
        more = send(database, session, "palavra " * 3000, conversation_id=asked.conversation_id)
        answer(database, more, queues=queues)
    assert queues.sent == []
    model = FakeModel(['{"resposta": "x", "fatos": [{"frase": 1, "texto": "Mora em segredo-passageiro"}]}'])
    set_generated_title(database, model, TitleRequested(conversation_id=asked.conversation_id), 1)
    summarize(database, model, SummaryRequested(conversation_id=asked.conversation_id), 100, 1)
    assert rows.value("SELECT COUNT(*) FROM fatos") == 0
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Conversa temporária"
    assert traces(rows) == ["mensagens"]


def test_prompt_has_the_instructions_and_no_facts(database: Database, rows: Rows, session: Session) -> None:
    rows.run("UPDATE usuarios SET instrucoes = 'Seja breve.'")
    rows.run("INSERT INTO fatos (id_usuario, texto, criado_em) VALUES (%s, 'Mora em Natal', NOW(6))", session.user_id)
    model = FakeModel()
    answer(database, begin(database, session), model)
    assert "Seja breve." in model.prompts[0].system
    assert FACTS_HEADING not in str(model.prompts[0].turns)


def test_it_never_becomes_the_active_conversation(database: Database, rows: Rows, session: Session) -> None:
    active = send(database, session, "Comum", nova=True).conversation_id
    asked = begin(database, session)
    answer(database, asked)
    answer(database, send(database, session, "Mais", conversation_id=asked.conversation_id))
    open_conversation(database, session, get_conversation(database, session, asked.conversation_id))
    assert rows.value("SELECT id_conversa_ativa FROM sessoes") == active


def test_it_takes_no_files(database: Database, rows: Rows, session: Session) -> None:
    upload = add_upload(rows, session.user_id, pdf(1))
    with pytest.raises(NotFound):
        send(database, session, "Oi", nova=True, temporaria=True, anexos=[upload.id])
    asked = begin(database, session)
    with pytest.raises(NotFound):
        send(database, session, "Oi", conversation_id=asked.conversation_id, anexos=[upload.id])


def test_closing_deletes_everything_of_it_and_nothing_else(database: Database, rows: Rows, session: Session) -> None:
    kept = send(database, session, "Comum", nova=True)
    answer(database, kept)
    asked = begin(database, session)
    answer(database, asked)
    answer(database, regenerate_reply(database, session, asked.reply_id, PLENTY))
    edit = EditInput(message=f"Outro {SECRET}")
    answer(database, edit_question(database, session, asked.question_id, edit, PLENTY))
    leave(database, session, asked.conversation_id)
    assert traces(rows) == []
    assert rows.list("SELECT id FROM conversas") == [{"id": kept.conversation_id}]
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 2
    with pytest.raises(NotFound):
        leave(database, session, asked.conversation_id)
    with pytest.raises(NotFound):
        send(database, session, "Mais", conversation_id=asked.conversation_id)


def test_only_its_user_closes_it_and_no_other_conversation_is_closed(
    database: Database, rows: Rows, session: Session
) -> None:
    asked, kept = begin(database, session), send(database, session, "Comum", nova=True)
    theirs = new_session(rows, rows.user("bia@exemplo.com.br"))
    for who, which in ((theirs, asked), (session, kept)):
        with pytest.raises(NotFound):
            leave(database, who, which.conversation_id)
    assert rows.value("SELECT COUNT(*) FROM conversas") == 2


class LeavingModel(FakeModel):
    """Says the secret, and the user leaves the conversation after the first piece."""

    def __init__(self, database: Database, session: Session, conversation_id: int) -> None:
        super().__init__()
        self._leave = lambda: leave(database, session, conversation_id)

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        yield Delta(f"O {SECRET} ")
        self._leave()
        yield Delta("é este.")
        yield Completed(f"O {SECRET} é este.", Usage("fake", 3, 2))


def test_reply_under_way_leaves_nothing(database: Database, rows: Rows, session: Session) -> None:
    asked = begin(database, session)
    end = answer(database, asked, LeavingModel(database, session, asked.conversation_id))
    assert isinstance(end, Interrupted)
    assert traces(rows) == []
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0


def test_cleanup_deletes_old_ones_and_no_other(database: Database, rows: Rows, session: Session) -> None:
    kept = send(database, session, "Comum", nova=True)
    answer(database, kept)
    for _ in range(3):
        answer(database, begin(database, session))
    make_older(rows, "20:00:00")
    answer(database, young := begin(database, session))
    make_older(rows, "19:59:00", young.conversation_id)
    assert preview(database, 0)["temporary_conversations"] == 3
    done = clean_up(database, 0, lambda: True)
    assert done.rows["temporary_conversations"] == 3
    assert rows.list("SELECT id FROM conversas ORDER BY id") == [
        {"id": kept.conversation_id},
        {"id": young.conversation_id},
    ]
    assert rows.value("SELECT COUNT(*) FROM mensagens") == 4


def test_death_at_any_statement_of_the_close_leaves_all_or_nothing(
    database: Database,
    rows: Rows,
    session: Session,
    where: settings.DatabaseSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then another close, or the cleanup, deletes it."""
    monkeypatch.setattr("falaai.connections.Connection", MortalConnection)
    died = 0
    for moment in range(2, 30):
        asked = begin(database, session)
        answer(database, asked)
        MortalConnection.statements_left = 0
        mortal = Database(lambda: connect(where))
        mortal.list("SELECT 1")
        MortalConnection.statements_left = moment
        try:
            leave(mortal, session, asked.conversation_id)
        except Killed:
            died += 1
        MortalConnection.statements_left = 0
        left = rows.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", asked.conversation_id)
        assert left == 2 * rows.value("SELECT COUNT(*) FROM conversas WHERE id = %s", asked.conversation_id)
        if moment % 2 and left:
            leave(database, session, asked.conversation_id)
        else:
            make_older(rows, "20:00:00")
            clean_up(database, 0, lambda: True)
        assert traces(rows) == []
        if not left and died:
            break
    assert died > 3


def test_only_a_new_conversation_can_be_temporary(database: Database, session: Session) -> None:
    with pytest.raises(ValueError, match="Só uma conversa nova pode ser temporária"):
        send(database, session, "Oi", temporaria=True)
    with pytest.raises((ValueError, InvalidInput)):
        send(database, session, "Oi", temporaria=True, conversation_id=3)
