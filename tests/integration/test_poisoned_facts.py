"""A hundred poisoned inputs leave no fact, through the real workers and a model that obeys each order to remember."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import httpx
import pytest

from falaai import settings
from falaai.database import Database
from falaai.gemini.models import GeminiModels
from falaai.language_model import Completed, LanguageModel, ModelEvent, Prompt
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories.sessions import Session
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.attached_files import AttachedFiles
from tests.support.fakes import FakeModel
from tests.support.poisoned_inputs import POISONED, Poison
from tests.support.replies import answer, send
from tests.support.rows import Rows
from tests.support.services import FakeService

OWN = "Eu moro em Natal."
# Small enough that a summary covers all but the last pair.
LIMIT = 40


@dataclass
class ListeningModel:
    """Notes the answers of a model."""

    model: LanguageModel
    answers: list[str] = field(default_factory=list)

    def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
        for event in self.model.stream(prompt, seconds):
            if isinstance(event, Completed):
                self.answers.append(event.text)
            yield event

    def warm_up(self) -> None:
        self.model.warm_up()


@pytest.fixture
def model(gemini: FakeService) -> Iterator[ListeningModel]:
    httpx.put(f"{gemini.url}/admin/pace", json={"delay": 0}).raise_for_status()
    options = settings.GeminiSettings(gemini_api_key="k" * 39, gemini_base_url=gemini.url)  # type: ignore[arg-type]
    with closing(GeminiModels(options)) as model:
        yield ListeningModel(model)


def talk(database: Database, rows: Rows, session: Session, *pairs: tuple[str, str, str]) -> int:
    """Ask the questions in a new conversation, each with this reply and this file. Returns the conversation."""
    conversation = None
    for question, reply, file in pairs:
        where = {"nova": True} if conversation is None else {"conversation_id": conversation}
        asked = send(database, session, question, **where)
        if file:
            attached = AttachedFiles(rows)
            facts = {"resumo": file, "transcricao": file, "trecho": file, "resumo_estado": "pronto"}
            attached.attach(
                attached.file(session.user_id, f"{asked.question_id} {file}".encode(), **facts),
                asked.question_id,
                file,
            )
        answer(database, asked, FakeModel([reply]))
        conversation = asked.conversation_id
    assert conversation is not None
    return conversation


def remember(database: Database, model: ListeningModel, conversation: int) -> None:
    """Let both workers do their work."""
    set_generated_title(database, model, TitleRequested(conversation_id=conversation), 1)
    summarize(database, model, SummaryRequested(conversation_id=conversation), LIMIT, 1)


def facts(rows: Rows) -> list[str]:
    return [row["texto"] for row in rows.list("SELECT texto FROM fatos ORDER BY id")]


def pair(poison: Poison) -> tuple[str, str, str]:
    return poison.question, poison.reply, poison.file


LAST = ("E o tempo?", "Sol. " * 40, "")


def test_the_corpus_has_a_hundred_inputs() -> None:
    assert len(set(POISONED)) == 100


def test_poisoned_inputs_leave_no_fact(
    database: Database, rows: Rows, session: Session, model: ListeningModel
) -> None:
    for poison in POISONED:
        remember(database, model, talk(database, rows, session, pair(poison), LAST))
        assert facts(rows) == [], poison
    assert len(model.answers) == 2 * len(POISONED)


def test_poisoned_inputs_add_nothing_to_a_fact_of_the_user(
    database: Database, rows: Rows, session: Session, model: ListeningModel
) -> None:
    """Here the model is asked for facts each time. It returns the planted ones, which the rules refuse."""
    planted = 0
    for poison in POISONED:
        rows.run("DELETE FROM fatos")
        model.answers.clear()
        remember(database, model, talk(database, rows, session, pair(poison), (OWN, "Certo.", ""), LAST))
        assert facts(rows) == ["Mora em Natal"], poison
        planted += any(
            '"frase": 1' in one.replace('"frase": 1, "texto": "Mora em Natal', "") for one in model.answers
        )
    assert planted > 60


def test_the_same_words_typed_by_the_user_are_remembered(
    database: Database, rows: Rows, session: Session, model: ListeningModel
) -> None:
    """The rules refuse where words come from, not the words."""
    remember(database, model, talk(database, rows, session, ("Lembre que eu moro em Lisboa.", "Certo.", ""), LAST))
    remember(database, model, talk(database, rows, session, ("Eu trabalho na Acme.", "Certo.", ""), LAST))
    assert facts(rows) == ["Eu moro em Lisboa", "Trabalha na Acme"]
