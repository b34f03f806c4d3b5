"""Two of question, edit, regeneration, summarization and cleanup at once, stopped between any two statements.

Replaced text is never sent to the model again, no turn is lost, and the cleanup deletes a conversation as a whole.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from falaai import settings as product_settings
from falaai.database import Database
from falaai.errors import NotFound, NotTheLast, OtherVersionShown, StillAnswering
from falaai.language_model import Prompt
from falaai.queue_messages import SummaryRequested
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import switch_version
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_cleanup.tasks import clean_up
from falaai_memory.worker import summarize
from tests.support.fakes import FakeModel
from tests.support.races import Race
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows

# `make test` takes a sample; `make test-faults` takes the whole.
RACES = int(os.environ.get("HISTORIES", "25"))
# Small, so that a few messages are due for summarization.
TURNS_LIMIT = 60
FILLER = " palavra" * 4
RETENTION_DAYS = 90
# Statements of an action, with BEGIN and COMMIT, and a few more: the last race of each ends before it is stopped.
STATEMENTS = {"ask": 13, "edit": 15, "regenerate": 15, "switch": 30, "summarize": 4, "clean_up": 8}
ACTIONS = tuple(STATEMENTS)
USES = ACTIONS[:3]

REFUSALS = (NotFound, NotTheLast, StillAnswering, OtherVersionShown)

Step = tuple[str, int]
ACTION = st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9))
BEFORE = st.lists(st.tuples(st.sampled_from(ACTIONS[:5]), st.integers(0, 9)), max_size=4)


def names(text: str) -> set[str]:
    return set(re.findall(r"\bt\d+\b", text))


class SummaryModel(FakeModel):
    """Summarizes to the names of all texts that it gets."""

    def stream(self, prompt: Prompt, seconds: float):  # type: ignore[no-untyped-def]
        self.pieces = [" ".join(sorted(names(" ".join(turn.text for turn in prompt.turns))))]
        return super().stream(prompt, seconds)


@dataclass
class Talk:
    """One conversation. Each text in it has a name of its own: t1, t2, ... `refused` are those of refused edits."""

    rows: Rows
    session: Session
    conversation_id: int
    texts: int
    refused: set[str] = field(default_factory=set)

    def action(self, name: str, number: int) -> Callable[[Database], bool]:
        """Return an action. It returns whether it was done; it may be refused."""
        return partial(self._try, getattr(self, f"_{name}"), number)

    def _try(self, act: Callable[[Database, int], None], number: int, database: Database) -> bool:
        try:
            act(database, number)
        except REFUSALS:
            return False
        return True

    def _text(self) -> str:
        self.texts += 1
        return f"t{self.texts}{FILLER}"

    def _ask(self, database: Database, _number: int) -> None:
        asked = send(database, self.session, self._text(), conversation_id=self.conversation_id)
        answer(database, asked, FakeModel([self._text()]))

    def _edit(self, database: Database, number: int) -> None:
        questions = self.rows.list(
            "SELECT id, conteudo FROM mensagens WHERE remetente = 'usuario' AND seq > 0 ORDER BY seq"
        )
        question = questions[number % len(questions)] if questions else {"id": 404, "conteudo": ""}
        text = self._text()
        try:
            edited = edit_question(database, self.session, question["id"], EditInput(message=text), PLENTY)
        except REFUSALS:
            self.refused |= names(text)
            raise
        assert not names(question["conteudo"]) & self._sent(edited)
        answer(database, edited, FakeModel([self._text()]))

    def _regenerate(self, database: Database, number: int) -> None:
        replies = self.rows.list("SELECT id FROM mensagens WHERE remetente = 'ia' AND seq > 0 ORDER BY seq DESC")
        reply = replies[number % len(replies)]["id"] if replies else 404
        answer(database, regenerate_reply(database, self.session, reply, PLENTY), FakeModel([self._text()]))

    def _switch(self, database: Database, number: int) -> None:
        hidden = self.rows.list("SELECT id FROM mensagens WHERE seq < 0 ORDER BY seq")
        message = hidden[number % len(hidden)]["id"] if hidden else 404
        database.transaction(lambda sql: switch_version(sql, self.session, message, None, 10))

    def _summarize(self, database: Database, _number: int) -> None:
        message = SummaryRequested(conversation_id=self.conversation_id)
        summarize(database, SummaryModel(), message, TURNS_LIMIT, age_seconds=1000)

    def _clean_up(self, database: Database, _number: int) -> None:
        result = clean_up(database, RETENTION_DAYS, lambda: True, tasks=())
        assert result.errors == ()

    def grow_old(self) -> None:
        self.rows.run("UPDATE conversas SET data_atualizacao = data_atualizacao - INTERVAL 100 DAY")

    def is_there(self) -> bool:
        return bool(self.rows.value("SELECT COUNT(*) FROM conversas"))

    def check_next_prompt(self, database: Database) -> None:
        """The model gets every text that is stored, and none that was replaced, before and after a summary."""
        for _ in range(2):
            asked = send(database, self.session, self._text(), conversation_id=self.conversation_id)
            stored = self.rows.list("SELECT conteudo FROM mensagens WHERE seq > 0 AND seq < %s", asked.reply_seq)
            assert self._sent(asked) == names(" ".join(row["conteudo"] for row in stored))
            answer(database, asked, FakeModel([self._text()]))
            self._summarize(database, 0)

    def check_is_whole(self) -> None:
        """Shown messages have no gap. Of a deleted conversation no message is left, of another one all are."""
        last = self.rows.value("SELECT COALESCE(MAX(ultima_seq), 0) FROM conversas")
        rows = self.rows.list("SELECT seq, conteudo FROM mensagens ORDER BY seq")
        assert [row["seq"] for row in rows if row["seq"] > 0] == list(range(1, last + 1))
        if not self.is_there():
            assert rows == []
        else:
            written = {f"t{n}" for n in range(1, self.texts + 1)}
            assert names(" ".join(row["conteudo"] for row in rows)) == written - self.refused

    @staticmethod
    def _sent(asked: PendingReply) -> set[str]:
        return names(" ".join([asked.summary, *(turn.text for turn in asked.turns)]))


def run_race(
    database: Database, race: Race, before: list[Step], first: Step, second: Step, stop: int
) -> Counter[str]:
    """Run `second` right before statement number `stop` of `first`, and check the conversation. Count the cases."""
    rows, played = race.rows, Counter[str]()
    for table in TABLES:
        rows.run(f"DELETE FROM {table}")
    user = rows.user()
    conversation = rows.conversation(user, *(f"t{number}{FILLER}" for number in range(1, 9)))
    talk = Talk(rows, new_session(rows, user), conversation, texts=8)
    for name, number in before:
        talk.action(name, number)(database)
    if "clean_up" in (first[0], second[0]):
        talk.grow_old()
    ended: list[tuple[str, bool]] = []
    stopped, other = race.run(
        stop, lambda there: ended.append((first[0], talk.action(*first)(there))), talk.action(*second)
    )
    ended.append((second[0], bool(other.result())))
    played["stopped" if stopped else "one after the other"] += 1
    talk.check_is_whole()
    if talk.is_there():
        talk.check_next_prompt(database)
        played["checked"] += 1
    else:  # what was done in it would have made it a used one
        assert [name for name, is_done in ended if is_done and name in USES] == []
    return played


@pytest.mark.parametrize("second", ["ask", "edit", "regenerate", "switch", "clean_up"])
def test_summary_that_is_made_meanwhile_never_wins_over_a_change(database: Database, race: Race, second: str) -> None:
    """Stopped before each of its statements, with each question or reply changed meanwhile."""
    for stop in range(1, STATEMENTS["summarize"]):
        for number in range(4):
            assert run_race(database, race, [], ("summarize", 0), (second, number), stop)["stopped"]


@pytest.mark.parametrize("number", range(4))
def test_edit_of_summarized_text_drops_the_summary_of_it(database: Database, race: Race, number: int) -> None:
    """Also when the next summary is made in the middle of the edit."""
    for stop in (1, 6, 20):
        run_race(database, race, [("summarize", 0)], ("edit", number), ("summarize", 0), stop)


@pytest.mark.parametrize("first", ["ask", "edit", "regenerate", "switch"])
def test_cleanup_never_deletes_a_conversation_that_is_used_meanwhile(
    database: Database, race: Race, first: str
) -> None:
    for stop in range(1, STATEMENTS[first]):
        run_race(database, race, [], (first, 0), ("clean_up", 0), stop)


def test_two_actions_at_once_send_no_replaced_text_and_lose_no_turn(database: Database, race: Race) -> None:
    played = Counter[str]()

    @settings(
        max_examples=RACES,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # making a failure smaller takes minutes on a real database
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(BEFORE, ACTION, ACTION, st.data())
    def check(before: list[Step], first: Step, second: Step, data: st.DataObject) -> None:
        stop = data.draw(st.integers(1, STATEMENTS[first[0]]))
        played.update(run_race(database, race, before, first, second, stop))

    check()
    print(dict(played))
    assert played["stopped"] > RACES / 4
    assert played["checked"] > RACES / 4


@pytest.fixture
def race(where: product_settings.DatabaseSettings, rows: Rows) -> Race:
    return Race(where, rows)
