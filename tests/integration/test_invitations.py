"""Invitations: a link makes as many accounts as it has uses, and tells nothing about the addresses."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from falaai import settings
from falaai.database import Database
from falaai.errors import InvitationNeeded, InvitationNotValid, NotFound, RetryLater, SignUpClosed, TooManyRequests
from falaai.queue_messages import EmailRequested
from falaai.repositories.sessions import Session
from falaai_admin.invitation_links import invite, revoke
from falaai_admin.schemas import InvitationInput
from falaai_auth.registration import register
from falaai_auth.schemas import Registration
from falaai_auth.sign_up_terms import check_invitation
from falaai_email.worker import send_email
from tests.support.databases import database_for_rows
from tests.support.fakes import FakeEmailSender, FakeQueues
from tests.support.people import PASSWORD
from tests.support.replies import new_session
from tests.support.rows import Rows

URL = "https://fala.example"


@pytest.fixture
def operator(rows: Rows) -> Session:
    return new_session(rows, rows.user("operadora@exemplo.com.br"))


@pytest.fixture
def by_invitation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNUP", "invite")
    settings.read.cache_clear()


def new_link(database: Database, operator: Session, **more: Any) -> str:
    return invite(database, FakeQueues(), operator, InvitationInput.model_validate(more), "127.0.0.1")


def sign_up(database: Database, token: str, email: str = "nova@exemplo.com.br") -> None:
    form = Registration.model_validate(
        {"nome": "Nova", "email": email, "senha": PASSWORD, "termos_registro": True, "convite": token}
    )
    register(database, FakeQueues(), form, "127.0.0.1")


def accounts(rows: Rows) -> int:
    return int(rows.value("SELECT COUNT(*) FROM usuarios WHERE email <> 'operadora@exemplo.com.br'"))


def used(rows: Rows) -> int:
    return int(rows.value("SELECT usados FROM convites"))


@pytest.mark.usefixtures("by_invitation")
def test_link_makes_one_account_with_its_limit_and_group(database: Database, rows: Rows, operator: Session) -> None:
    token = new_link(database, operator, cota_diaria=30, grupo="turma-2")
    check_invitation(database, token)
    assert used(rows) == 0
    sign_up(database, token)
    assert rows.list("SELECT cota_diaria, grupo FROM usuarios WHERE email = 'nova@exemplo.com.br'") == [
        {"cota_diaria": 30, "grupo": "turma-2"}
    ]
    with pytest.raises(InvitationNotValid):
        check_invitation(database, token)
    rows.run("DELETE FROM limites")
    with pytest.raises(InvitationNotValid):
        sign_up(database, token, "outra@exemplo.com.br")
    assert (accounts(rows), used(rows)) == (1, 1)


@pytest.mark.usefixtures("by_invitation")
def test_link_lives_for_its_days(database: Database, rows: Rows, operator: Session) -> None:
    token = new_link(database, operator, validade_dias=3)
    assert rows.value("SELECT TIMESTAMPDIFF(HOUR, criado_em, expira_em) FROM convites") == 72
    rows.run("UPDATE convites SET expira_em = expira_em - INTERVAL 71 HOUR")
    check_invitation(database, token)
    rows.run("UPDATE convites SET expira_em = expira_em - INTERVAL 1 HOUR")
    with pytest.raises(InvitationNotValid):
        sign_up(database, token)
    assert accounts(rows) == 0


@pytest.mark.usefixtures("by_invitation")
def test_same_address_registers_again_without_a_further_use(
    database: Database, rows: Rows, operator: Session
) -> None:
    token = new_link(database, operator)
    for _ in range(3):
        sign_up(database, token)
        rows.run("DELETE FROM limites")
    assert (accounts(rows), used(rows)) == (1, 1)


@pytest.mark.parametrize("uses", [1, 3])
def test_link_used_in_parallel_makes_no_more_accounts_than_it_has_uses(
    where: settings.DatabaseSettings, rows: Rows, operator: Session, by_invitation: None, uses: int
) -> None:
    token = new_link(database_for_rows(where), operator, usos=uses)

    def try_to_sign_up(number: int) -> bool:
        try:
            sign_up(database_for_rows(where), token, f"pessoa{number}@exemplo.com.br")
        except InvitationNotValid:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = [*pool.map(try_to_sign_up, range(8))]
    assert (sum(done), accounts(rows), used(rows)) == (uses, uses, uses)


@pytest.mark.usefixtures("by_invitation")
def test_taken_address_uses_the_link_as_a_free_one_does(database: Database, rows: Rows, operator: Session) -> None:
    """Else the number of uses left would tell that the address has an account."""
    rows.user("ana@exemplo.com.br")
    token = new_link(database, operator, usos=2)
    sign_up(database, token, "ana@exemplo.com.br")
    assert used(rows) == 1
    sign_up(database, token, "livre@exemplo.com.br")
    assert used(rows) == 2
    assert rows.value("SELECT cota_diaria IS NULL FROM usuarios WHERE email = 'ana@exemplo.com.br'")


@pytest.mark.usefixtures("by_invitation")
def test_invitation_for_an_address_is_for_that_address_alone(
    database: Database, rows: Rows, operator: Session
) -> None:
    queues, sender = FakeQueues(), FakeEmailSender()
    form = InvitationInput(email="Davi@Exemplo.com.br", usos=9)
    assert invite(database, queues, operator, form, "127.0.0.1") == ""
    (message,) = queues.sent
    assert message == EmailRequested(kind="convite", user_id=rows.value("SELECT id FROM convites"))
    send_email(database, sender, message, URL, 0)
    send_email(database, sender, message, URL, 0)  # a message may arrive twice; the second link ends the first
    first, second = (email.text.split(f"{URL}/convite/")[1].split()[0] for email in sender.sent)
    assert {email.to for email in sender.sent} == {"davi@exemplo.com.br"}
    for token, address in ((first, "davi@exemplo.com.br"), (second, "outra@exemplo.com.br")):
        with pytest.raises(InvitationNotValid):
            sign_up(database, token, address)
    sign_up(database, second, "davi@exemplo.com.br")
    send_email(database, sender, message, URL, 0)
    assert (len(sender.sent), accounts(rows), used(rows)) == (2, 1, 1)
    with pytest.raises(TooManyRequests):
        invite(database, queues, operator, form, "127.0.0.1")


def test_email_of_an_invitation_waits_for_its_commit(database: Database, rows: Rows) -> None:
    with pytest.raises(RetryLater):
        send_email(database, FakeEmailSender(), EmailRequested(kind="convite", user_id=7), URL, 0)


@pytest.mark.usefixtures("by_invitation")
def test_revoked_and_expired_links_make_no_account(database: Database, rows: Rows, operator: Session) -> None:
    revoked, expired = new_link(database, operator), new_link(database, operator)
    ids = [row["id"] for row in rows.list("SELECT id FROM convites ORDER BY id")]
    revoke(database, operator, ids[0])
    rows.run("UPDATE convites SET expira_em = NOW(6) WHERE id = %s", ids[1])
    for token in (revoked, expired, "", "inventado"):
        with pytest.raises((InvitationNotValid, InvitationNeeded)):
            check_invitation(database, token)
        with pytest.raises((InvitationNotValid, InvitationNeeded)):
            sign_up(database, token)
        rows.run("DELETE FROM limites")
    assert accounts(rows) == 0
    with pytest.raises(NotFound):
        revoke(database, operator, ids[1] + 1)
    done = [
        (row["acao"], row["valor"]) for row in rows.list("SELECT acao, valor FROM auditoria ORDER BY feita_em, id")
    ]
    assert done == [("convidar", str(ids[0])), ("convidar", str(ids[1])), ("revogar", str(ids[0]))]


def test_closed_deployment_takes_no_account_with_or_without_an_invitation(
    database: Database, rows: Rows, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_link(database, operator)
    monkeypatch.setenv("SIGNUP", "closed")
    settings.read.cache_clear()
    for given in ("", token):
        with pytest.raises(SignUpClosed):
            sign_up(database, given)
    assert accounts(rows) == 0


def test_open_deployment_takes_invitations_too(database: Database, rows: Rows, operator: Session) -> None:
    sign_up(database, "", "livre@exemplo.com.br")
    sign_up(database, new_link(database, operator, cota_diaria=5))
    limits = [row["cota_diaria"] for row in rows.list("SELECT cota_diaria FROM usuarios ORDER BY id")]
    assert limits == [None, None, 5]


def test_table_has_no_token_and_no_address_of_a_link(database: Database, rows: Rows, operator: Session) -> None:
    token = new_link(database, operator)
    sign_up(database, token)
    stored = str(rows.list("SELECT * FROM convites")) + str(rows.list("SELECT * FROM convites_usos"))
    assert token not in stored
    assert "nova@" not in stored
