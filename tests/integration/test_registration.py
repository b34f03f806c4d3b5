"""Signing up on the real database: one account and one email, or neither."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from falaai.database import Database
from falaai.errors import InvalidInput, LinkNotValid, QueueUnavailable
from falaai.queue_messages import EmailRequested
from falaai.repositories import sessions, users
from falaai.secret_tokens import Purpose, new_token
from falaai_auth.registration import register
from falaai_auth.schemas import Registration
from falaai_auth.sign_in import open_session
from falaai_auth.verification import Link, find_link, verify
from falaai_email.worker import send_email
from tests.support.fakes import FakeEmailSender, FakeQueues
from tests.support.people import BROWSER
from tests.support.rows import Rows


def form(name: str = "Ana Souza") -> Registration:
    return Registration(nome=name, email="ana@exemplo.com.br", senha="cavalo bateria", termos_registro=True)


def test_new_account_waits_for_its_email(database: Database, rows: Rows) -> None:
    queues = FakeQueues()
    register(database, queues, form(), "10.0.0.1")
    (user,) = rows.list("SELECT * FROM usuarios")
    assert (user["email"], user["email_verified"], user["termos_registro"]) == ("ana@exemplo.com.br", 0, 1)
    assert user["senha"].startswith("$argon2id$")
    assert queues.sent == [EmailRequested(kind="verificar", user_id=user["id"])]


def test_queue_that_refuses_leaves_no_account(database: Database, rows: Rows) -> None:
    with pytest.raises(QueueUnavailable):
        register(database, FakeQueues(refuses=True), form(), "10.0.0.1")
    assert rows.list("SELECT * FROM usuarios") == []


def test_owner_of_a_taken_address_gets_an_email_and_keeps_everything(database: Database, rows: Rows) -> None:
    user_id, queues = rows.user(), FakeQueues()
    register(database, queues, form("Mallory"), "10.0.0.1")
    assert queues.sent == [EmailRequested(kind="conta_existente", user_id=user_id)]
    assert rows.list("SELECT nome, senha FROM usuarios") == [{"nome": "Ana Souza", "senha": "x"}]


def test_unverified_address_takes_the_latest_registration(database: Database, rows: Rows) -> None:
    user_id, queues = rows.user(verified=False), FakeQueues()
    register(database, queues, form("Ana Clara"), "10.0.0.1")
    assert queues.sent == [EmailRequested(kind="verificar", user_id=user_id)]
    (user,) = rows.list("SELECT nome, senha FROM usuarios")
    assert user["nome"] == "Ana Clara"
    assert user["senha"] != "x"


def test_newer_registration_ends_the_older_link_before_its_own_email_is_written(
    database: Database, rows: Rows
) -> None:
    email_sender = FakeEmailSender()
    register(database, FakeQueues(), form(), "10.0.0.1")
    user_id = rows.value("SELECT id FROM usuarios")
    send_email(database, email_sender, EmailRequested(kind="verificar", user_id=user_id), "https://x", 1)
    token = email_sender.sent[0].text.split("/verify_link/")[1].split()[0]
    assert find_link(database, token)
    register(database, FakeQueues(), form("Mallory"), "10.0.0.2")
    assert find_link(database, token) is None
    with pytest.raises(LinkNotValid):
        verify(database, token, "cavalo bateria", BROWSER)


def test_proof_of_the_registration_stands_for_its_password(database: Database, rows: Rows) -> None:
    """In the browser that registered last: an older proof, or that of a refused registration, is none."""
    older = register(database, FakeQueues(), form("Mallory"), "10.0.0.1")
    proof = register(database, FakeQueues(), form(), "10.0.0.2")
    email_sender, user_id = FakeEmailSender(), rows.value("SELECT id FROM usuarios")
    send_email(database, email_sender, EmailRequested(kind="verificar", user_id=user_id), "https://x", 1)
    token = email_sender.sent[0].text.split("/verify_link/")[1].split()[0]
    for wrong in ("", older, proof[:-1], "não é"):
        assert find_link(database, token, wrong) == Link(Purpose.VERIFY, needs_password=True)
        with pytest.raises(InvalidInput):
            verify(database, token, "", BROWSER, wrong)
    with pytest.raises(InvalidInput):
        verify(database, token, "outra senha", BROWSER, proof)
    assert find_link(database, token, proof) == Link(Purpose.VERIFY, needs_password=False)
    hash_before = rows.value("SELECT senha FROM usuarios")
    assert verify(database, token, "", BROWSER, proof) is not None
    assert rows.list("SELECT senha, email_verified FROM usuarios") == [{"senha": hash_before, "email_verified": 1}]
    with pytest.raises(LinkNotValid):
        verify(database, token, "", BROWSER, proof)


def test_same_address_five_times_at_once_is_one_account(database: Database, rows: Rows) -> None:
    queues = FakeQueues()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda number: register(database, queues, form(), f"10.0.0.{number}"), range(5)))
    assert rows.value("SELECT COUNT(*) FROM usuarios") == 1


def test_person_has_at_most_twenty_sessions_and_the_oldest_end(database: Database, rows: Rows) -> None:
    ana, bia = rows.user(), rows.user("bia@exemplo.com.br")
    database.transaction(lambda sql: sessions.add_session(sql, bia, "bia", "", ""))
    for number in range(sessions.MOST_SESSIONS + 3):
        database.transaction(lambda sql, number=number: sessions.add_session(sql, ana, f"{number}", "", ""))  # type: ignore[misc]
    kept = {row["chave"] for row in rows.list("SELECT chave FROM sessoes WHERE id_usuario = %s", ana)}
    assert kept == {str(number) for number in range(3, sessions.MOST_SESSIONS + 3)}
    assert rows.value("SELECT COUNT(*) FROM sessoes WHERE id_usuario = %s", bia) == 1


@pytest.mark.parametrize("change", ["UPDATE usuarios SET senha = 'y'", "DELETE FROM usuarios"])
def test_no_session_is_opened_for_a_password_that_was_replaced_meanwhile(
    database: Database, rows: Rows, change: str
) -> None:
    user_id = rows.user(password="a senha de antes")
    user = users.find_user(database, user_id)
    assert user is not None
    rows.run(change)
    assert database.transaction(lambda sql: open_session(sql, user, "a senha de antes", BROWSER, new_token())) is None
    assert rows.value("SELECT COUNT(*) FROM sessoes") == 0
