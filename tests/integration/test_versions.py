"""Versions of questions and replies: asking, editing, answering again and switching in any order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from falaai import settings as product_settings
from falaai.database import Database
from falaai.errors import NotFound, NotTheLast, OtherVersionShown, StillAnswering
from falaai.queue_messages import SummaryRequested, TitleRequested
from falaai.repositories import conversations, personal_data, versions
from falaai.repositories.messages import State, save_partial_text, update_stopped_reply
from falaai.repositories.sessions import Session
from falaai.repositories.transcripts import Page
from falaai_chat.conversation_changes import delete, path_to, read_page, switch_version
from falaai_chat.generation import Interrupted, StoredReply
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import edit_question, regenerate_reply
from falaai_chat.schemas import EditInput
from falaai_cleanup.tasks import clean_up
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows


@pytest.fixture(autouse=True)
def _settings() -> None:
    product_settings.read.cache_clear()


@pytest.fixture
def session(rows: Rows) -> Session:
    return new_session(rows, rows.user())


def switch(database: Database, session: Session, message_id: int, number: int | None = None) -> Page:
    return database.transaction(lambda sql: switch_version(sql, session, message_id, number, 100))


def edit(database: Database, session: Session, question_id: int, text: str) -> NewReply:
    edited = edit_question(database, session, question_id, EditInput(message=text), PLENTY)
    assert isinstance(edited, NewReply)
    return edited


def shown(database: Database, session: Session, conversation_id: int) -> list[tuple[str, int, int]]:
    """The text of each shown message, its version, and the number of versions in its place."""
    page = read_page(database, session, conversation_id, 100)
    assert [one.seq for one in page.messages] == list(range(1, len(page.messages) + 1))
    assert page.conversation.last_seq == len(page.messages)
    return [(one.text, one.version, one.versions) for one in page.messages]


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


# A plain tree in memory, with which any history of requests is compared.


@dataclass(eq=False)
class Node:
    text: str
    parent: "Node | None"
    children: list["Node"] = field(default_factory=list)
    shown: "Node | None" = None  # the child on the path that is shown, or was when this was hidden

    def add(self, text: str) -> "Node":
        child = Node(text, self)
        self.children.append(child)
        self.shown = child
        return child


@dataclass
class Tree:
    """Question, reply, question, ... below a root without text."""

    root: Node = field(default_factory=lambda: Node("", None))
    texts: int = 0

    def text(self) -> str:
        self.texts += 1
        return f"t{self.texts}"

    def path(self) -> list[Node]:
        nodes, node = list[Node](), self.root.shown
        while node:
            nodes.append(node)
            node = node.shown
        return nodes

    def expected(self) -> list[tuple[str, int, int]]:
        return [
            (one.text, one.parent.children.index(one) + 1, len(one.parent.children))
            for one in self.path()
            if one.parent
        ]

    def all(self) -> list[Node]:
        found, waiting = list[Node](), [*self.root.children]
        while waiting:
            node = waiting.pop()
            found.append(node)
            waiting += node.children
        return found


class Talk:
    """The conversation in the database and the tree beside it."""

    def __init__(self, database: Database, rows: Rows) -> None:
        for table in TABLES:
            rows.run(f"DELETE FROM {table}")
        self.database, self.rows, self.tree = database, rows, Tree()
        self.session = new_session(rows, rows.user())
        self.conversation_id = rows.conversation(self.session.user_id)
        self.switches = 0

    def play(self, name: str, number: int) -> None:
        actions: dict[str, Callable[[int], None]] = {
            "ask": self.ask,
            "edit": self.edit,
            "again": self.again,
            "switch": self.switch,
            "find": self.find,
        }
        actions[name](number)
        found = shown(self.database, self.session, self.conversation_id)
        assert found == self.tree.expected()

    def _answer(self, pending: Any, question: Node) -> None:
        known = [node.text for node in self.tree.path()][: pending.reply_seq - 1]
        assert [turn.text for turn in pending.turns] == known
        text = self.tree.text()
        answer(self.database, pending, FakeModel([text]))
        question.add(text)

    def _messages(self) -> list[Any]:
        return read_page(self.database, self.session, self.conversation_id, 100).messages

    def ask(self, _number: int) -> None:
        text, path = self.tree.text(), self.tree.path()
        pending = send(self.database, self.session, text, conversation_id=self.conversation_id)
        self._answer(pending, (path[-1] if path else self.tree.root).add(text))

    def edit(self, number: int) -> None:
        path = self.tree.path()
        if not path:
            return
        at, text = 2 * (number % (len(path) // 2)), self.tree.text()
        pending = edit(self.database, self.session, self._messages()[at].id, text)
        parent = path[at].parent
        assert parent
        self._answer(pending, parent.add(text))

    def again(self, _number: int) -> None:
        path = self.tree.path()
        if path:
            pending = regenerate_reply(self.database, self.session, self._messages()[-1].id, PLENTY)
            self._answer(pending, path[-2])

    def switch(self, number: int) -> None:
        """Choose a version in a place that has some."""
        path = [
            (at, node) for at, node in enumerate(self.tree.path()) if node.parent and len(node.parent.children) > 1
        ]
        if not path:
            return
        at, node = path[number % len(path)]
        assert node.parent
        wanted = (number // 3) % len(node.parent.children)
        switch(self.database, self.session, self._messages()[at].id, wanted + 1)
        node.parent.shown = node.parent.children[wanted]
        self.switches += 1

    def find(self, number: int) -> None:
        """Show any message by its id, as a search does."""
        nodes = sorted(self.tree.all(), key=lambda node: node.text)
        if not nodes:
            return
        node: Node | None = nodes[number % len(nodes)]
        assert node
        message = self.rows.value("SELECT id FROM mensagens WHERE conteudo = %s", node.text)
        switch(self.database, self.session, message)
        while node and node.parent:
            node.parent.shown, node = node, node.parent
        self.switches += 1

    def check_nothing_is_lost(self) -> None:
        stored = [row["conteudo"] for row in self.rows.list("SELECT conteudo FROM mensagens")]
        assert sorted(stored) == sorted(node.text for node in self.tree.all())
        assert len(stored) == self.tree.texts


ACTIONS = st.tuples(
    st.sampled_from(["ask", "ask", "edit", "edit", "again", "switch", "switch", "find"]), st.integers(0, 30)
)


def test_any_history_is_that_of_a_plain_tree(database: Database, rows: Rows) -> None:
    played: list[Talk] = []

    @settings(
        max_examples=30,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(ACTIONS, min_size=8, max_size=16))
    def check(history: list[tuple[str, int]]) -> None:
        talk = Talk(database, rows)
        played.append(talk)
        talk.play("ask", 0)
        for name, number in history:
            talk.play(name, number)
        talk.check_nothing_is_lost()

    check()
    assert sum(talk.switches for talk in played) > len(played)


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
