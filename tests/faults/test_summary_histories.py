"""Questions, edits and regenerations in any order, before, during and after summarization: what is replaced is never
sent again, and nothing else is forgotten."""

import contextlib
import os
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from falaai import settings as product_settings
from falaai.database import Database
from falaai.errors import ModelTimedOut, NotTheLast, StillAnswering
from falaai.language_model import ModelEvent, Prompt
from falaai.queue_messages import SummaryRequested
from falaai.repositories.sessions import Session
from falaai_chat.conversation_changes import switch_version
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_memory.worker import summarize
from tests.support.fakes import FakeModel
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows

# `make test` takes a sample; `make test-faults` takes the whole.
HISTORIES = int(os.environ.get("HISTORIES", "25"))
# Small, so that a few messages are due for summarization.
TURNS_LIMIT = 60
FILLER = " palavra" * 4

Step = tuple[str, int, tuple["Step", ...]]


def steps(inner: st.SearchStrategy[tuple[Step, ...]]) -> st.SearchStrategy[Step]:
    name = st.sampled_from(
        ["say", "say", "say", "say_slowly", "fail", "finish", "edit", "again", "switch", "switch", "abandon"]
    )
    return st.one_of(
        st.tuples(name, st.integers(0, 9), st.just(())),
        st.tuples(st.just("summarize"), st.integers(0, 9), inner),
    )


DURING = st.lists(steps(st.just(())), max_size=4).map(tuple)
HISTORY = st.lists(steps(DURING), min_size=6, max_size=20)


@dataclass
class Talk:
    """One conversation, every text that was ever in it, and the checks of each prompt."""

    database: Database
    rows: Rows
    session: Session
    conversation_id: int
    texts: int = 0
    checked: int = 0
    summarized: int = 0
    switched: int = 0
    pending: list[PendingReply] = field(default_factory=list)

    def text(self) -> str:
        """A text of its own, by which it is found again: t1, t2, ..."""
        self.texts += 1
        return f"t{self.texts}{FILLER}"

    def play(self, history: Sequence[Step]) -> None:
        for name, number, during in history:
            getattr(self, f"_{name}")(number, during)

    def _say(self, _number: int, _during: tuple[Step, ...]) -> None:
        self._finish_one(self._ask())

    def _say_slowly(self, _number: int, _during: tuple[Step, ...]) -> None:
        self.pending.append(self._ask())

    def _fail(self, _number: int, _during: tuple[Step, ...]) -> None:
        asked = self._ask()
        with pytest.raises(ModelTimedOut):
            answer(self.database, asked, FakeModel([self.text()], ModelTimedOut("late")))

    def _finish(self, number: int, _during: tuple[Step, ...]) -> None:
        if self.pending:
            self._finish_one(self.pending.pop(number % len(self.pending)))

    def _edit(self, number: int, _during: tuple[Step, ...]) -> None:
        questions = self.rows.list("SELECT id FROM mensagens WHERE remetente = 'usuario' AND seq > 0 ORDER BY seq")
        if questions:
            question = questions[number % len(questions)]["id"]
            asked = edit_question(self.database, self.session, question, EditInput(message=self.text()), PLENTY)
            self._check(asked)
            self._finish_one(asked)

    def _again(self, number: int, _during: tuple[Step, ...]) -> None:
        replies = self.rows.list("SELECT id FROM mensagens WHERE remetente = 'ia' AND seq > 0 ORDER BY seq DESC")
        if not replies:
            return
        try:
            asked = regenerate_reply(self.database, self.session, replies[number % len(replies)]["id"], PLENTY)
        except (NotTheLast, StillAnswering):
            return
        self._check(asked)
        self._finish_one(asked)

    def _switch(self, number: int, _during: tuple[Step, ...]) -> None:
        """Show any hidden message. It is refused while a reply is generated."""
        self.play([("finish", 0, ())] * len(self.pending))
        hidden = self.rows.list("SELECT id FROM mensagens WHERE seq < 0 ORDER BY seq")
        if not hidden:
            return
        message = hidden[number % len(hidden)]["id"]
        with contextlib.suppress(StillAnswering):
            self.database.transaction(lambda sql: switch_version(sql, self.session, message, None, 10))
            self.switched += 1

    def _abandon(self, _number: int, _during: tuple[Step, ...]) -> None:
        """The processes that generate replies are gone, with some text of each written."""
        self.pending.clear()
        for row in self.rows.list("SELECT id FROM mensagens WHERE estado = 'gerando' AND conteudo = ''"):
            self.rows.run(
                "UPDATE mensagens SET conteudo = %s, escrita_em = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND"
                " WHERE id = %s",
                self.text(),
                row["id"],
            )

    def _summarize(self, _number: int, during: tuple[Step, ...]) -> None:
        talk = self

        class Summarizer(FakeModel):
            def stream(self, prompt: Prompt, seconds: float) -> Generator[ModelEvent]:
                talk.summarized += 1
                talk.play(during)
                self.pieces = [" ".join(names(" ".join(turn.text for turn in prompt.turns)))]
                return super().stream(prompt, seconds)

        message = SummaryRequested(conversation_id=self.conversation_id)
        summarize(self.database, Summarizer(), message, TURNS_LIMIT, 1)

    def _ask(self) -> PendingReply:
        asked = send(self.database, self.session, self.text(), conversation_id=self.conversation_id)
        self._check(asked)
        return asked

    def _finish_one(self, asked: PendingReply) -> None:
        answer(self.database, asked, FakeModel([self.text()]))

    def _check(self, asked: PendingReply) -> None:
        """What the model may know now is made of texts that are there now, and of all of them up to the question."""
        self.checked += 1
        there = self.rows.list(
            "SELECT seq, conteudo FROM mensagens WHERE conteudo <> '' AND seq > 0 AND seq < %s AND NOT"
            " (estado = 'gerando' AND escrita_em >= UTC_TIMESTAMP(6) - INTERVAL 60 SECOND)",
            asked.reply_seq,
        )
        current = {name for row in there for name in names(row["conteudo"])}
        assert names(" ".join([asked.summary, *(turn.text for turn in asked.turns)])) == current


def names(text: str) -> set[str]:
    return set(re.findall(r"\bt\d+\b", text))


def test_replaced_text_is_never_sent_and_no_turn_is_lost(database: Database, rows: Rows) -> None:
    played: list[Talk] = []
    product_settings.read.cache_clear()

    @settings(
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # making a failure smaller takes minutes on a real database
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(HISTORY)
    def check(history: list[Step]) -> None:
        for table in TABLES:
            rows.run(f"DELETE FROM {table}")
        user = rows.user()
        # Begun with enough messages that a summary is due early.
        conversation = rows.conversation(user, *(f"t{number}{FILLER}" for number in range(1, 9)))
        talk = Talk(database, rows, new_session(rows, user), conversation, texts=8)
        played.append(talk)
        talk.play(history)
        talk.play([("finish", 0, ())] * len(talk.pending))
        talk.play([("say", 0, ())])
        stored = rows.list("SELECT conteudo FROM mensagens")
        assert names(" ".join(row["conteudo"] for row in stored)) == {f"t{n}" for n in range(1, talk.texts + 1)}

    check()
    summarized, checked = sum(talk.summarized for talk in played), sum(talk.checked for talk in played)
    print(f"{len(played)} histories, {checked} prompts checked, {summarized} summaries made")
    assert len(played) >= HISTORIES
    assert summarized > len(played) / 4
    assert checked > len(played)
    assert sum(talk.switched for talk in played) > 0
