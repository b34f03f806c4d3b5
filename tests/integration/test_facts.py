"""Facts on the real database: which messages they come from, and what ends them."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from falaai.account_erasure import close_account, erase_batch
from falaai.conversation_memory import FACTS_MAX_CHARACTERS
from falaai.database import Database
from falaai.errors import InvalidInput, ModelRateLimited, NotFound
from falaai.fact_rules import NewFact
from falaai.language_model import ModelEvent, Prompt
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import personal_notes
from falaai.repositories.facts import MOST_FACTS
from falaai.repositories.sessions import Session
from falaai.stored_facts import add_facts
from falaai_auth.personal_memory import add_fact, change_fact, forget_all, forget_fact
from falaai_chat.conversation_changes import read_page, switch_version
from falaai_chat.generation import ReplyDependencies, generate_reply
from falaai_chat.generation.events import Remembered
from falaai_chat.pending_replies import NewReply
from falaai_chat.prompts import FACTS_HEADING
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_cleanup.tasks import clean_up
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import Rows

TOLD = "Eu moro em Natal."
WITH_FACT = '{"resposta": "Natal", "fatos": [{"frase": 1, "texto": "Mora em Natal"}]}'


@dataclass
class InterruptedModel(FakeModel):
    """Finds a fact in the first sentence, after something else happened."""

    meanwhile: Callable[[], object] = lambda: None

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        self.meanwhile()
        self.pieces = [WITH_FACT]
        return super().stream(prompt, seconds)


def facts(rows: Rows) -> list[str]:
    return [row["texto"] for row in rows.list("SELECT texto FROM fatos ORDER BY id")]


def told(database: Database, session: Session, text: str = TOLD, **more: Any) -> NewReply:
    """Send a question and answer it."""
    asked = send(database, session, text, **more)
    assert isinstance(asked, NewReply)
    answer(database, asked)
    return asked


def title(database: Database, asked: NewReply, model: FakeModel | None = None) -> None:
    message = TitleRequested(conversation_id=asked.conversation_id)
    set_generated_title(database, model or FakeModel([WITH_FACT]), message, 1)


def prompt_of(database: Database, session: Session, **more: Any) -> str:
    """Return the texts of the prompt of a new question."""
    model = FakeModel()
    answer(database, send(database, session, "Uma pergunta", **more), model)
    return "\n".join(turn.text for turn in model.prompts[0].turns)


def test_title_brings_a_fact_with_its_message(database: Database, rows: Rows, session: Session) -> None:
    asked = told(database, session)
    title(database, asked)
    (row,) = rows.list("SELECT id_usuario, texto, id_mensagem FROM fatos")
    assert row == {"id_usuario": session.user_id, "texto": "Mora em Natal", "id_mensagem": asked.question_id}
    found = rows.list("SELECT titulo_conversa, fatos_ate_seq, fatos_guardados FROM conversas")
    assert found == [{"titulo_conversa": "Natal", "fatos_ate_seq": 2, "fatos_guardados": 1}]
    title(database, asked)  # the message arrives twice
    assert facts(rows) == ["Mora em Natal"]


def test_reply_shows_the_facts_that_its_question_told(database: Database, rows: Rows, session: Session) -> None:
    """From every source, in every page of the conversation, as long as the fact is kept as it was told."""
    asked = told(database, session)
    more = told(database, session, "Lembre que eu gosto de mar.", conversation_id=asked.conversation_id)
    told(database, session, "Só isso", conversation_id=asked.conversation_id)
    told(database, new_session(rows, rows.user("bia@exemplo.com.br")), "Lembre que eu gosto de sol.")
    title(database, asked)

    def shown(limit: int = 50, before: int | None = None) -> list[list[str]]:
        page = read_page(database, session, asked.conversation_id, limit, before)
        return [[fact.text for fact in message.facts] for message in page.messages]

    assert shown() == [[], ["Mora em Natal"], [], ["Eu gosto de mar"], [], []]
    assert shown(1, before=5) == [["Eu gosto de mar"]]
    answer(database, edit_question(database, session, more.question_id, EditInput(message="E agora?"), PLENTY))
    assert shown() == [[], ["Mora em Natal"], [], []]
    database.transaction(lambda sql: switch_version(sql, session, more.question_id, None, 50))
    first, second = rows.list("SELECT id FROM fatos WHERE id_usuario = %s ORDER BY id", session.user_id)
    change_fact(database, session, first["id"], "Gosto de lago")  # its text is the user's own now
    assert shown() == [[], ["Mora em Natal"], [], [], [], []]
    forget_fact(database, session, second["id"])
    assert shown() == [[]] * 6


def test_summary_brings_facts_of_questions_that_were_not_read_before(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = told(database, session)
    title(database, asked)
    for text in ("Eu gosto de mar.", "Qual é a capital?", "E o tempo? " * 40):
        told(database, session, text, conversation_id=asked.conversation_id)
    said = '{"resposta": "Falou do mar.", "fatos": [{"frase": 1, "texto": "Gosta de mar"}]}'
    model = FakeModel([said])
    summarize(database, model, SummaryRequested(conversation_id=asked.conversation_id), 60, 1)
    assert facts(rows) == ["Mora em Natal", "Gosta de mar"]
    assert model.prompts[0].turns[0].text.endswith("fontes de fatos:\n> 1. Eu gosto de mar.")
    assert rows.value("SELECT resumo FROM conversas") == "Falou do mar."
    summarize(database, model, SummaryRequested(conversation_id=asked.conversation_id), 10, 1)
    assert facts(rows) == ["Mora em Natal", "Gosta de mar"]


def test_facts_are_in_the_prompts_of_other_conversations_of_their_user_alone(
    database: Database, rows: Rows, session: Session
) -> None:
    title(database, told(database, session))
    prompt = prompt_of(database, session, nova=True)
    assert prompt.startswith(f"{FACTS_HEADING}\n> Mora em Natal\n")
    theirs = new_session(rows, rows.user("bia@exemplo.com.br"))
    assert FACTS_HEADING not in prompt_of(database, theirs)


def test_prompt_has_fifty_facts_or_six_hundred_tokens(database: Database, rows: Rows, session: Session) -> None:
    for number in range(60):
        rows.run(
            "INSERT INTO fatos (id_usuario, texto, criado_em) VALUES (%s, %s, NOW(6))", session.user_id, f"F{number}."
        )
    notes = personal_notes.find_notes(database, session.user_id)
    assert notes.facts == tuple(f"F{number}." for number in range(10, 60))
    rows.run("UPDATE fatos SET texto = CONCAT(texto, REPEAT('ã', 190))")
    notes = personal_notes.find_notes(database, session.user_id)
    assert len(notes.facts) == 12
    assert notes.facts[-1].startswith("F59.")
    assert notes.tokens <= FACTS_MAX_CHARACTERS / 4
    prompt = prompt_of(database, session, nova=True)
    assert prompt.count("> F") == 12


def test_explicit_request_is_stored_at_once_and_once(database: Database, rows: Rows, session: Session) -> None:
    asked = send(database, session, "Lembre que eu tenho diabetes. Que pão posso comer?")
    assert isinstance(asked, NewReply)
    dependencies = ReplyDependencies(database, FakeModel(), FakeQueues())
    events = list(generate_reply(dependencies, asked, "pt-BR", 20))
    (remembered,) = [event for event in events if isinstance(event, Remembered)]
    assert [fact.text for fact in remembered.facts] == facts(rows) == ["Eu tenho diabetes"]
    assert (remembered.facts[0].conversation_id, remembered.facts[0].seq) == (asked.conversation_id, 1)
    forget_fact(database, session, remembered.facts[0].id)
    answer(database, regenerate_reply(database, session, asked.reply_id, PLENTY))
    assert facts(rows) == []


def test_failed_reply_remembers_nothing(database: Database, rows: Rows, session: Session) -> None:
    asked = send(database, session, "Lembre que eu moro em Natal.")
    with pytest.raises(ModelRateLimited):
        answer(database, asked, FakeModel([], ModelRateLimited("429")))
    assert facts(rows) == []


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 2},  # a reply
        {"seq": 3},
        {"message": "Eu moro em Recife."},  # the question has another text by now
    ],
)
def test_fact_needs_a_question_of_the_user_with_that_text(
    database: Database, rows: Rows, session: Session, change: dict[str, Any]
) -> None:
    asked = told(database, session)
    new = NewFact(**{"text": "Mora em Natal", "seq": 1, "message": TOLD, **change})
    if change.get("seq") == 2:
        new = NewFact("Mora em Natal", 2, rows.value("SELECT conteudo FROM mensagens WHERE seq = 2"))
    assert database.transaction(lambda sql: add_facts(sql, session.user_id, asked.conversation_id, [new])) == []
    assert facts(rows) == []


def test_fact_of_another_users_question_is_refused(database: Database, rows: Rows, session: Session) -> None:
    asked = told(database, session)
    theirs = rows.user("bia@exemplo.com.br")
    new = NewFact("Mora em Natal", 1, TOLD)
    assert database.transaction(lambda sql: add_facts(sql, theirs, asked.conversation_id, [new])) == []
    assert facts(rows) == []


def test_undone_fact_does_not_come_back_with_a_summary(database: Database, rows: Rows, session: Session) -> None:
    asked = told(database, session)
    title(database, asked)
    forget_fact(database, session, rows.value("SELECT id FROM fatos"))
    told(database, session, "E o tempo? " * 40, conversation_id=asked.conversation_id)
    summarize(database, InterruptedModel(), SummaryRequested(conversation_id=asked.conversation_id), 60, 1)
    assert rows.value("SELECT resumo FROM conversas")
    assert facts(rows) == []


def test_fact_of_a_replaced_question_is_in_no_prompt(database: Database, rows: Rows, session: Session) -> None:
    asked = told(database, session)
    title(database, asked)
    edit = EditInput(message="Eu moro em Recife.")
    edited = edit_question(database, session, asked.question_id, edit, PLENTY)
    model = FakeModel()
    answer(database, edited, model)
    assert "Natal" not in str(model.prompts)
    assert "Natal" not in prompt_of(database, session, nova=True)
    assert facts(rows) == ["Mora em Natal"]
    database.transaction(lambda sql: switch_version(sql, session, edited.question_id, 1, 50))
    assert "Mora em Natal" in prompt_of(database, session, nova=True)


def test_fact_of_a_replaced_question_goes_with_its_conversation_and_others_stay(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = told(database, session, "Lembre que eu moro em Natal.")
    answer(
        database,
        edit_question(
            database, session, asked.question_id, EditInput(message="Lembre que eu moro em Recife."), PLENTY
        ),
    )
    assert facts(rows) == ["Eu moro em Natal", "Eu moro em Recife"]
    rows.run("UPDATE conversas SET data_atualizacao = data_atualizacao - INTERVAL 100 DAY")
    clean_up(database, 90, lambda: True)
    assert rows.value("SELECT COUNT(*) FROM conversas") == 0
    assert facts(rows) == ["Eu moro em Recife"]
    assert "Eu moro em Recife" in prompt_of(database, session, nova=True)


def test_paused_memory_stores_nothing_and_uses_nothing(database: Database, rows: Rows, session: Session) -> None:
    title(database, told(database, session))
    personal_notes.update_pause(database, session.user_id, True)
    asked = told(database, session, "Eu gosto de mar. Lembre que eu sou professora.", nova=True)
    model = FakeModel(["Mar"])
    title(database, asked, model)
    assert "fatos" not in model.prompts[0].system
    assert FACTS_HEADING not in prompt_of(database, session, nova=True)
    personal_notes.update_pause(database, session.user_id, False)
    told(database, session, "E o tempo? " * 40, conversation_id=asked.conversation_id)
    said = '{"resposta": "x", "fatos": [{"frase": 1, "texto": "Gosta de mar"}]}'
    summarize(database, FakeModel([said]), SummaryRequested(conversation_id=asked.conversation_id), 60, 1)
    assert facts(rows) == ["Mora em Natal"]
    assert "Mora em Natal" in prompt_of(database, session, nova=True)


def test_questions_from_before_everything_was_forgotten_are_no_sources(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = told(database, session)
    database.transaction(lambda sql: forget_all(sql, session))
    title(database, asked)
    assert facts(rows) == []
    title(database, told(database, session, nova=True))
    assert facts(rows) == ["Mora em Natal"]


@pytest.mark.parametrize("act", ["forget", "pause"])
def test_forgetting_or_pausing_while_a_worker_waits_for_the_model_wins(
    database: Database, rows: Rows, session: Session, act: str
) -> None:
    asked = told(database, session)

    def meanwhile() -> None:
        if act == "forget":
            database.transaction(lambda sql: forget_all(sql, session))
        else:
            personal_notes.update_pause(database, session.user_id, True)

    title(database, asked, InterruptedModel(meanwhile=meanwhile))
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Natal"
    assert facts(rows) == []


def test_deletion_of_the_account_while_a_worker_waits_for_the_model_wins(
    database: Database, rows: Rows, session: Session
) -> None:
    asked = told(database, session)
    title(database, told(database, session, "Lembre que eu gosto de mar.", nova=True))

    def close() -> None:
        database.transaction(lambda sql: close_account(sql, session.user_id))

    title(database, asked, InterruptedModel(meanwhile=close))
    assert facts(rows) == []
    while database.transaction(lambda sql: erase_batch(sql, session.user_id)):
        pass
    assert rows.value("SELECT COUNT(*) FROM usuarios") == 0


def test_two_workers_at_once_store_a_fact_once(database: Database, rows: Rows, session: Session) -> None:
    asked = told(database, session)
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(title, database, asked) for _ in range(8)]:
            one.result()
    assert facts(rows) == ["Mora em Natal"]


def test_users_own_facts(database: Database, rows: Rows, session: Session) -> None:
    fact = database.transaction(lambda sql: add_fact(sql, session, "Gosto de café"))
    changed = database.transaction(lambda sql: change_fact(sql, session, fact.id, "Gosto de chá"))
    assert (changed.id, changed.text, changed.conversation_id) == (fact.id, "Gosto de chá", None)
    theirs = new_session(rows, rows.user("bia@exemplo.com.br"))
    with pytest.raises(NotFound):
        change_fact(database, theirs, fact.id, "x")
    with pytest.raises(NotFound):
        forget_fact(database, theirs, fact.id)
    assert database.transaction(lambda sql: forget_all(sql, theirs)) == 0
    assert facts(rows) == ["Gosto de chá"]
    assert database.transaction(lambda sql: forget_all(sql, session)) == 1


def test_full_memory_takes_no_more(database: Database, rows: Rows, session: Session) -> None:
    for number in range(MOST_FACTS):
        rows.run("INSERT INTO fatos (id_usuario, texto, criado_em) VALUES (%s, %s, NOW(6))", session.user_id, number)
    told(database, session, "Lembre que eu moro em Natal.")
    with pytest.raises(InvalidInput):
        database.transaction(lambda sql: add_fact(sql, session, "Gosto de café"))
    assert rows.value("SELECT COUNT(*) FROM fatos") == MOST_FACTS
