"""Deleting an account beside a message that is being sent: two connections, stopped between any two statements."""

import contextlib
from dataclasses import dataclass

import pytest

from falaai import settings
from falaai.database import Database
from falaai.errors import NotFound, NotSignedIn
from falaai.repositories import personal_data
from falaai_chat.pending_replies import PendingReply
from tests.support.races import Race
from tests.support.replies import new_session, send
from tests.support.rows import Rows

LEFT = (
    "SELECT COUNT(*) FROM usuarios WHERE id = %s",
    "SELECT COUNT(*) FROM sessoes WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM tokens WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM uso_diario WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM conversas WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM mensagens m LEFT JOIN conversas c ON c.id = m.id_conversa WHERE %s AND c.id IS NULL",
)


@pytest.fixture(params=[True, False], ids=["foreign keys", "foreign keys not enforced"])
def race(request: pytest.FixtureRequest, where: settings.DatabaseSettings, rows: Rows) -> Race:
    return Race(where, rows, request.param)


@dataclass
class Scene:
    """A person with a conversation, who sends a message into it or into a new one while the account is deleted."""

    rows: Rows
    into_new: bool

    def __post_init__(self) -> None:
        self.user = self.rows.user()
        conversation = self.rows.conversation(self.user, "Oi", "Olá")
        self.session = new_session(self.rows, self.user)
        self.conversation = None if self.into_new else conversation

    def delete(self, database: Database) -> None:
        database.transaction(lambda sql: personal_data.delete_rows(sql, self.user))

    def send(self, database: Database) -> PendingReply:
        return send(database, self.session, "Alguém aí?", conversation_id=self.conversation)

    def has_left_nothing(self) -> bool:
        return [self.rows.value(query, self.user) for query in LEFT] == [0] * len(LEFT)


@pytest.mark.parametrize("into_new", [True, False], ids=["new conversation", "old conversation"])
def test_send_while_an_account_is_deleted_leaves_nothing(race: Race, rows: Rows, into_new: bool) -> None:
    stop, stopped = 0, True
    while stopped:
        stop += 1
        scene = Scene(rows, into_new)
        stopped, sent = race.run(stop, scene.delete, scene.send)
        if isinstance(sent.exception(), Exception):
            assert isinstance(sent.exception(), NotSignedIn | NotFound)
        assert scene.has_left_nothing(), f"stopped before statement {stop} of the deletion"
    assert stop > len(personal_data._DELETIONS)


@pytest.mark.parametrize("into_new", [True, False], ids=["new conversation", "old conversation"])
def test_account_deleted_while_a_message_is_sent_leaves_nothing(race: Race, rows: Rows, into_new: bool) -> None:
    stop, stopped = 0, True
    while stopped:
        stop += 1
        scene = Scene(rows, into_new)

        def try_to_send(database: Database, scene: Scene = scene) -> None:
            with contextlib.suppress(NotSignedIn, NotFound):
                scene.send(database)

        stopped, deleted = race.run(stop, try_to_send, scene.delete)
        assert deleted.exception() is None
        assert scene.has_left_nothing(), f"stopped before statement {stop} of the send"
    assert stop > 8


def test_every_deletion_keeps_the_id_of_the_account_alone(database: Database, rows: Rows) -> None:
    """Deleted by its owner, and by the cleanup; an id that has no account leaves none."""
    own, unverified = rows.user(), rows.user("nunca@exemplo.com.br", verified=False)
    database.transaction(lambda sql: personal_data.delete_rows(sql, own))
    database.transaction(lambda sql: personal_data.delete_accounts(sql, [unverified, 999_999_999]))
    kept = rows.list("SELECT * FROM contas_apagadas ORDER BY id")
    assert [row["id"] for row in kept] == [own, unverified]
    assert set(kept[0]) == {"id", "apagada_em"}
