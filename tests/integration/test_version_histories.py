"""Any history of questions, edits, new replies and switches gives the path of a plain tree in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from falaai.database import Database
from falaai_chat.conversation_changes import read_page
from falaai_chat.questions import regenerate_reply
from tests.support.fakes import FakeModel
from tests.support.replies import PLENTY, answer, new_session, send
from tests.support.rows import TABLES, Rows
from tests.support.versions import edit, shown, switch


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
