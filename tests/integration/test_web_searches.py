"""Stored searches of replies: their end after the time of Google's terms, their readers, and their counts."""

from dataclasses import replace

import pytest

from falaai.conversation_memory import GROUNDED
from falaai.database import Database
from falaai.errors import ModelRateLimited, SearchQuotaReached
from falaai.grounding import KEPT_MONTHS, Grounding, Notice, read_stored
from falaai.modes import SEARCH
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import messages, running_replies, searched_replies, transcripts
from falaai.repositories.sessions import Session
from falaai.web import texts
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask, regenerate_reply
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from falaai_cleanup.tasks import TASKS, clean_up
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import GROUNDING, FakeModel
from tests.support.replies import ABANDON, PLENTY, answer
from tests.support.rows import Rows

SEARCHES = Limits(PLENTY.message, Quota(1000, 1000, kind=SEARCH))
USER = "SELECT mensagens, buscas, consultas FROM uso_diario WHERE id_usuario > 0"
STORED = (
    "SELECT conteudo, buscar, buscada_em IS NOT NULL AS buscada, pesquisa, sugestoes FROM mensagens WHERE id = %s"
)
AGE = (
    "UPDATE mensagens SET buscada_em = UTC_TIMESTAMP(6) - INTERVAL %s MONTH + INTERVAL %s DAY"
    " WHERE buscada_em IS NOT NULL AND id_conversa = %s"
)
SECRET = "palavra secreta da web"


def search(database: Database, session: Session, text: str = "O que há de novo?", **more: object) -> NewReply:
    asked = ask(database, session, MessageInput(message=text, buscar=True, **more), SEARCHES)  # type: ignore[arg-type]
    assert isinstance(asked, NewReply)
    return asked


def end_searches(database: Database) -> int:
    tasks = [task for task in TASKS if task.name == "searches"]
    return clean_up(database, 0, lambda: True, tasks).rows["searches"]


def test_end_of_a_reply_stores_its_search(database: Database, rows: Rows, session: Session) -> None:
    asked = search(database, session)
    assert rows.list(STORED, asked.reply_id)[0]["buscada"] == 1
    answer(database, asked)
    (row,) = rows.list(STORED, asked.reply_id)
    assert (row["buscar"], row["buscada"], row["sugestoes"]) == (1, 1, GROUNDING.suggestions)
    assert read_stored(row["pesquisa"]) == replace(GROUNDING, suggestions="")
    assert rows.list(USER) == [{"mensagens": 1, "buscas": 1, "consultas": 1}]


@pytest.mark.parametrize("notice", [Notice.NO_SEARCH, Notice.UNAVAILABLE])
def test_reply_without_a_search_is_not_grounded(
    database: Database, rows: Rows, session: Session, notice: Notice
) -> None:
    asked = search(database, session)
    answer(database, asked, FakeModel(grounding=Grounding(notice=notice)))
    (row,) = rows.list(STORED, asked.reply_id)
    assert (row["buscar"], row["buscada"], row["sugestoes"]) == (1, 0, None)
    assert read_stored(row["pesquisa"]).notice is notice
    searches = 0 if notice is Notice.UNAVAILABLE else 1
    assert rows.list(USER) == [{"mensagens": 1, "buscas": searches, "consultas": 0}]


def test_grounded_text_ends_after_the_time_of_the_terms_also_if_pinned_and_hidden(
    database: Database, rows: Rows, session: Session
) -> None:
    old, new = search(database, session, nova=True), search(database, session, nova=True)
    answer(database, old, FakeModel([SECRET]))
    answer(database, new, FakeModel([SECRET]))
    answer(database, regenerate_reply(database, session, old.reply_id, SEARCHES), FakeModel([f"outra {SECRET}"]))
    rows.run("UPDATE conversas SET fixada = TRUE")
    rows.run(AGE, KEPT_MONTHS, -1, old.conversation_id)
    rows.run(AGE, KEPT_MONTHS, 1, new.conversation_id)
    assert end_searches(database) == 2
    assert end_searches(database) == 0
    kept = rows.list("SELECT conteudo FROM mensagens WHERE conteudo LIKE %s", f"%{SECRET}%")
    assert len(kept) == 1
    message = messages.find_message(database, session.user_id, old.reply_id)
    assert message
    assert message.text == texts.SEARCH_EXPIRED
    assert message.grounding == Grounding(notice=Notice.EXPIRED)
    assert searched_replies.find_suggestions(database, session.user_id, old.reply_id) is None
    assert searched_replies.find_suggestions(database, session.user_id, new.reply_id) == GROUNDING.suggestions
    question = rows.value("SELECT conteudo FROM mensagens WHERE id = %s", old.question_id)
    assert question == "O que há de novo?"


def test_stopped_reply_with_a_search_ends_too(database: Database, rows: Rows, session: Session) -> None:
    asked = search(database, session)
    running_replies.save_partial_text(database, asked.reply_id, asked.generation, SECRET)
    running_replies.update_stopped_reply(database, asked.reply_id)
    rows.run("UPDATE mensagens SET buscada_em = buscada_em - INTERVAL 24 MONTH")
    assert end_searches(database) == 1
    assert rows.value("SELECT COUNT(*) FROM mensagens WHERE conteudo = %s", SECRET) == 0


def test_summary_and_title_never_read_a_grounded_text_and_the_next_prompt_does(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = search(database, session)
    answer(database, asked, FakeModel([SECRET]))
    rows.run("UPDATE conversas SET resumo_ate_seq = 0, titulo_provisorio = TRUE")
    reader = FakeModel()
    set_generated_title(database, reader, TitleRequested(conversation_id=asked.conversation_id), 0)
    place = {"conversation_id": asked.conversation_id}
    for number in range(4):
        reply = ask(database, session, MessageInput(message=f"Pergunta {number}. " * 100, **place), PLENTY)
        answer(database, reply, FakeModel(["Uma resposta comum. " * 100]))
    summarize(database, reader, SummaryRequested(conversation_id=asked.conversation_id), 1000, 0)
    assert len(reader.prompts) == 2
    read = [turn.text for prompt in reader.prompts for turn in prompt.turns]
    assert all(SECRET not in text for text in read)
    assert all(GROUNDED in text for text in read)
    assert rows.value("SELECT resumo_ate_seq FROM conversas") > 0
    rows.run("UPDATE conversas SET resumo_ate_seq = 0")
    context = transcripts.find_context(database, session.user_id, asked.conversation_id, asked.reply_seq + 2)
    assert context
    assert [turn.is_grounded for turn in context.turns] == [False, True, False]
    assert context.turns[1].text == SECRET


def test_failure_and_death_without_a_word_give_the_search_back(
    database: Database, rows: Rows, session: Session
) -> None:
    failed = search(database, session)
    with pytest.raises(ModelRateLimited):
        answer(database, failed, FakeModel([], ModelRateLimited("429")))
    assert rows.list(USER) == [{"mensagens": 0, "buscas": 0, "consultas": 0}]
    rows.run("DELETE FROM uso_diario")
    search(database, session)
    dead = search(database, session)
    rows.run(ABANDON)
    again = regenerate_reply(database, session, dead.reply_id, SEARCHES)
    assert again.searches
    assert rows.list(USER) == [{"mensagens": 2, "buscas": 2, "consultas": 0}]
    rows.run(ABANDON)
    clean_up(database, 0, lambda: True, [task for task in TASKS if task.name == "abandoned_replies"])
    assert rows.list(USER) == [{"mensagens": 0, "buscas": 0, "consultas": 0}]


def test_refused_search_leaves_nothing_behind(database: Database, rows: Rows, session: Session) -> None:
    one = Limits(PLENTY.message, Quota(1, 1000, kind=SEARCH))
    ask(database, session, MessageInput(message="Um", buscar=True), one)
    before = {table: rows.list(f"SELECT * FROM {table}") for table in ("mensagens", "conversas", "uso_diario")}
    with pytest.raises(SearchQuotaReached):
        ask(database, session, MessageInput(message="Dois", buscar=True), one)
    assert {table: rows.list(f"SELECT * FROM {table}") for table in before} == before
    ask(database, session, MessageInput(message="Dois"), Limits(PLENTY.message))
