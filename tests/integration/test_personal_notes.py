"""The user's instructions and facts: in which prompts they are, and how many calls of the model they cost."""

from dataclasses import dataclass, field

from falaai.conversation_memory import INSTRUCTIONS_MAX_CHARACTERS
from falaai.database import Database
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import personal_notes
from falaai.repositories.facts import add_fact
from falaai.repositories.sessions import Session
from falaai_chat.pending_replies import PendingReply
from falaai_chat.prompts import FACTS_HEADING
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import Rows

INSTRUCTIONS = ("Trate-me por capitã. " * 80)[:INSTRUCTIONS_MAX_CHARACTERS].strip()
WITH_FACTS = '{"resposta": "Texto", "fatos": [{"frase": 1, "texto": "Mora em Natal"}]}'


@dataclass
class Asking:
    """Sends questions of one user, and runs the jobs that they request, with one model that counts its calls."""

    database: Database
    session: Session
    model: FakeModel = field(default_factory=lambda: FakeModel([WITH_FACTS]))
    queues: FakeQueues = field(default_factory=FakeQueues)

    def answer(self, asked: PendingReply) -> PendingReply:
        answer(self.database, asked, self.model, self.queues)
        return asked

    def run_jobs(self) -> None:
        for message in self.queues.sent:
            if isinstance(message, TitleRequested):
                set_generated_title(self.database, self.model, message, 1)
            elif isinstance(message, SummaryRequested):
                summarize(self.database, self.model, message, 1500, 1)
        self.queues.sent.clear()

    def hold_a_conversation(self) -> None:
        """Tell two facts, one of them with an explicit request, and talk until a summary is due."""
        place: dict[str, object] = {"nova": True}
        for text in ("Eu moro em Natal.", "Lembre que eu gosto de mar.", *["palavra " * 1200] * 3):
            asked = self.answer(send(self.database, self.session, text, **place))
            place = {"conversation_id": asked.conversation_id}
            self.run_jobs()


def test_facts_cost_no_call_of_the_model(database: Database, rows: Rows, session: Session) -> None:
    """A conversation that tells facts takes as many calls as the same one while the memory is paused."""
    telling = Asking(database, session)
    telling.hold_a_conversation()
    told = [row["texto"] for row in rows.list("SELECT texto FROM fatos ORDER BY id")]
    assert told == ["Mora em Natal", "Eu gosto de mar"]
    assert rows.value("SELECT resumo FROM conversas")
    other = new_session(rows, rows.user("bia@exemplo.com.br"))
    personal_notes.update_pause(database, other.user_id, True)
    paused = Asking(database, other)
    paused.hold_a_conversation()
    assert rows.value("SELECT COUNT(*) FROM fatos") == 2
    assert len(telling.model.prompts) == len(paused.model.prompts)
    replies, title = 5, 1
    assert len(telling.model.prompts) > replies + title  # a summary at least


def test_instructions_and_facts_are_in_the_prompt_of_every_reply(
    database: Database, rows: Rows, session: Session
) -> None:
    """New, later and edited questions, and replies that are made again; no facts in temporary conversations."""
    rows.run("UPDATE usuarios SET instrucoes = %s", INSTRUCTIONS)
    add_fact(database, session.user_id, "Mora em Natal")
    asking = Asking(database, session, FakeModel())
    edit = EditInput(message="Outra")
    for begin, has_facts in (({"nova": True}, True), ({"nova": True, "temporaria": True}, False)):
        asking.model.prompts.clear()
        asked = asking.answer(send(database, session, "Oi", **begin))
        asking.answer(send(database, session, "Continue de onde parou.", conversation_id=asked.conversation_id))
        asking.answer(edit_question(database, session, asked.question_id, edit, PLENTY))
        last = asking.answer(send(database, session, "Mais", conversation_id=asked.conversation_id))
        asking.answer(regenerate_reply(database, session, last.reply_id, PLENTY))
        assert len(asking.model.prompts) == 5
        for prompt in asking.model.prompts:
            assert prompt.system.endswith(f"> {INSTRUCTIONS}")
            facts = [turn.text for turn in prompt.turns if turn.text.startswith(FACTS_HEADING)]
            assert facts == ([f"{FACTS_HEADING}\n> Mora em Natal"] if has_facts else [])


def test_instructions_and_facts_are_in_no_prompt_of_a_worker(
    database: Database, rows: Rows, session: Session
) -> None:
    rows.run("UPDATE usuarios SET instrucoes = 'Trate-me por capitã.'")
    add_fact(database, session.user_id, "Torço pelo Náutico")
    asking = Asking(database, session)
    asking.hold_a_conversation()
    jobs = [prompt for prompt in asking.model.prompts if "capitã" not in prompt.system]
    assert len(jobs) == len(asking.model.prompts) - 5 >= 2
    assert "Náutico" not in str(jobs)
