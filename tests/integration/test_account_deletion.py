"""Deleting an account beside a message that is being sent: two connections, stopped between any two statements."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
from pydantic import ValidationError

from falaai import settings
from falaai.account_erasure import close_account, erase_batch
from falaai.database import Database, Statements
from falaai.errors import DatabaseUnavailable, LastAdmin, NotFound, NotSignedIn
from falaai.queue_messages import CleanupRequested
from falaai.repositories import personal_data, users
from falaai.repositories.sessions import Session
from falaai_auth import account_deletion
from falaai_auth.account_deletion import delete_account
from falaai_auth.export_requests import ExportFiles
from falaai_auth.schemas import Credentials
from falaai_chat.pending_replies import PendingReply
from falaai_cleanup.tasks import clean_up, preview
from tests.support.databases import database_for_rows
from tests.support.fakes import FakePictureStore, FakeQueues
from tests.support.people import PASSWORD
from tests.support.races import Race
from tests.support.replies import new_session, send
from tests.support.rows import Rows

LEFT = (
    "SELECT COUNT(*) FROM usuarios WHERE id = %s",
    "SELECT COUNT(*) FROM sessoes WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM tokens WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM uso_diario WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM conversas WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM anexos WHERE id_usuario = %s",
    "SELECT COUNT(*) FROM arquivos WHERE id_usuario = %s",
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
        def close(sql: Statements) -> None:
            close_account(sql, self.user)

        def erase(sql: Statements) -> bool:
            return erase_batch(sql, self.user)

        database.transaction(close)
        while database.transaction(erase):
            pass

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


def closed_account(database: Database, rows: Rows, email: str = "ana@exemplo.com.br") -> int:
    user = rows.user(email)
    rows.conversation(user, *["Oi", "Olá"] * 3)
    rows.conversation(user, "Outra")
    database.transaction(partial(close_account, user_id=user))
    return user


def test_closed_account_is_gone_before_its_messages(database: Database, rows: Rows) -> None:
    user = closed_account(database, rows)
    assert users.find_user(database, user) is None
    assert not users.lock_user(database, user)
    assert users.find_user_by_email(database, "ana@exemplo.com.br") is None
    assert rows.user("ana@exemplo.com.br") != user  # the address is free
    assert rows.value("SELECT COUNT(*) FROM contas_apagadas WHERE id = %s", user) == 1
    told = rows.list("SELECT * FROM usuarios WHERE id = %s", user)[0]
    assert "Ana" not in str(told)
    with pytest.raises(ValidationError):
        Credentials(email=told["email"], senha="x")  # it cannot be named


def test_interrupted_deletion_is_finished_by_the_cleanup(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("falaai.account_erasure.BATCH", 2)
    monkeypatch.setattr("falaai.account_erasure.CONVERSATIONS", 1)
    kept = rows.conversation(rows.user("bia@exemplo.com.br"), "Fica")
    users_left = [closed_account(database, rows), closed_account(database, rows, "caio@exemplo.com.br")]
    assert database.transaction(partial(erase_batch, user_id=users_left[0]))  # and then the process was killed
    assert preview(database, 0)["closed_accounts"] == 2
    assert clean_up(database, 0, lambda: True).rows["closed_accounts"] == 2
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE id IN %s", tuple(users_left)) == 0
    assert {row["id_conversa"] for row in rows.list("SELECT id_conversa FROM mensagens")} == {kept}


def test_database_that_fails_while_rows_are_erased_does_not_undo_the_deletion(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = rows.user(password=PASSWORD)
    rows.conversation(user, "Oi", "Olá")

    def fail(_sql: Statements, _user_id: int) -> bool:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(account_deletion, "erase_batch", fail)
    queues = FakeQueues()
    delete_account(database, FakePictureStore(), ExportFiles("none"), queues, new_session(rows, user), PASSWORD)
    assert queues.sent == [CleanupRequested(only="closed_account", user_id=user)]
    assert users.find_user(database, user) is None
    assert clean_up(database, 0, lambda: True).rows["closed_accounts"] == 1


def delete_own(database: Database, session: Session) -> None:
    delete_account(database, FakePictureStore(), ExportFiles("none"), FakeQueues(), session, PASSWORD)


def operators(rows: Rows, *emails: str) -> list[Session]:
    """Add accounts that are operators by their role. They are the first accounts of the database."""
    users = [rows.user(email, password=PASSWORD) for email in emails]
    rows.run("UPDATE usuarios SET papel = 'admin'")
    return [new_session(rows, user) for user in users]


def test_last_operator_stays_while_there_are_other_accounts(database: Database, rows: Rows) -> None:
    (operator,) = operators(rows, "operadora@exemplo.com.br")
    member = new_session(rows, rows.user(password=PASSWORD))
    blocked = rows.user("bloqueada@exemplo.com.br")
    rows.run("UPDATE usuarios SET papel = 'admin', bloqueada_em = UTC_TIMESTAMP(6) WHERE id = %s", blocked)
    with pytest.raises(LastAdmin):
        delete_own(database, operator)
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE id = %s", operator.user_id) == 1
    rows.run("UPDATE usuarios SET bloqueada_em = NULL WHERE id = %s", blocked)
    delete_own(database, operator)
    delete_own(database, member)
    assert [row["id"] for row in rows.list("SELECT id FROM usuarios")] == [blocked]


def test_last_operator_leaves_with_the_last_account(database: Database, rows: Rows) -> None:
    (operator,) = operators(rows, "operadora@exemplo.com.br")
    rows.user("nunca-confirmada@exemplo.com.br", verified=False)
    delete_own(database, operator)
    assert rows.value("SELECT COUNT(*) FROM usuarios WHERE email_verified") == 0


def test_operator_by_setting_is_the_last_one_too(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    (operator,) = operators(rows, "operadora@exemplo.com.br")
    owner = new_session(rows, rows.user("dona@exemplo.com.br", password=PASSWORD))
    member = new_session(rows, rows.user(password=PASSWORD))
    monkeypatch.setenv("ADMIN_EMAILS", "dona@exemplo.com.br, nunca@exemplo.com.br")
    settings.read.cache_clear()
    delete_own(database, operator)
    with pytest.raises(LastAdmin):
        delete_own(database, owner)
    delete_own(database, member)
    delete_own(database, owner)


def test_two_operators_who_delete_their_accounts_at_once_leave_one(
    where: settings.DatabaseSettings, rows: Rows
) -> None:
    rows.user()
    for number in range(5):
        rows.run("UPDATE usuarios SET papel = 'pessoa'")
        users = [rows.user(f"{name}{number}@exemplo.com.br", password=PASSWORD) for name in ("um", "dois", "tres")]
        rows.run("UPDATE usuarios SET papel = 'admin' WHERE id IN %s", users)
        sessions = [new_session(rows, user) for user in users]

        def delete(session: Session) -> str:
            try:
                delete_own(database_for_rows(where), session)
            except LastAdmin:
                return "refused"
            return "deleted"

        with ThreadPoolExecutor(3) as pool:
            ended = [*pool.map(delete, sessions)]
        assert sorted(ended) == ["deleted", "deleted", "refused"]
        left = rows.value("SELECT COUNT(*) FROM usuarios WHERE papel = 'admin' AND apagada_em IS NULL")
        assert left == 1
