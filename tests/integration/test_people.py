"""Acts of operators on accounts: each with its row in the audit, and never without an operator left."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from falaai import settings
from falaai.database import Database
from falaai.errors import AccountBlocked, InvalidInput, LastAdmin, NotFound, NotSignedIn
from falaai.queue_messages import CleanupRequested, EmailRequested
from falaai.repositories import audit, running_replies, sessions
from falaai.repositories.sessions import Session
from falaai.web.current_user import stored_key
from falaai.web.error_responses import sentence_of
from falaai_admin import accounts
from falaai_admin.schemas import PeopleSearch, PersonAct
from falaai_auth.browsers import Browser
from falaai_auth.schemas import Credentials
from falaai_auth.sign_in import sign_in
from tests.support.databases import database_for_rows
from tests.support.fakes import FakeQueues
from tests.support.paths import ROOT
from tests.support.people import PASSWORD
from tests.support.replies import new_session, send
from tests.support.rows import Rows

TOKEN = "t" * 43


@pytest.fixture
def operator(rows: Rows) -> Session:
    user = rows.user("operadora@exemplo.com.br")
    rows.run("UPDATE usuarios SET papel = 'admin' WHERE id = %s", user)
    return new_session(rows, user)


def do(database: Database, operator: Session, user: int, acao: str, **more: Any) -> FakeQueues:
    queues = FakeQueues()
    act = PersonAct.model_validate({"acao": acao, **more})
    accounts.do(database, queues, operator, user, act, "127.0.0.1")
    return queues


def acts(rows: Rows) -> list[tuple[str, str | None]]:
    stored = rows.list("SELECT acao, valor FROM auditoria ORDER BY feita_em, id")
    return [(row["acao"], row["valor"]) for row in stored]


def signed_in(database: Database) -> bool:
    return sessions.find_session(database, stored_key(TOKEN)) is not None


def open_session(database: Database, user: int) -> None:
    sessions.add_session(database, user, stored_key(TOKEN), "navegador", "127.0.0.1")


def test_accounts_are_found_by_the_beginning_of_their_address(database: Database, rows: Rows) -> None:
    for email in ("a%b@exemplo.com.br", "a_b@exemplo.com.br", "axb@exemplo.com.br", "Ábc@exemplo.com.br".lower()):
        rows.user(email)

    def found(prefix: str) -> list[str]:
        shown, _ = accounts.list_people(database, PeopleSearch(prefixo=prefix))
        return [account.email for account in shown]

    assert found("a%") == ["a%b@exemplo.com.br"]
    assert found("A_") == ["a_b@exemplo.com.br"]
    assert found("á") == ["ábc@exemplo.com.br"]
    assert found("exemplo") == []
    assert len(found("")) == 4


def test_pages_have_every_account_once(database: Database, rows: Rows) -> None:
    emails = [f"pessoa{number:03}@exemplo.com.br" for number in range(2 * accounts.PAGE + 1)]
    for email in reversed(emails):
        rows.user(email)
    seen, after, pages = list[str](), None, 0
    while pages == 0 or after:
        shown, after = accounts.list_people(database, PeopleSearch(depois=after))
        seen, pages = [*seen, *(account.email for account in shown)], pages + 1
    assert (seen, pages) == (emails, 3)


def test_block_ends_the_sessions_and_the_running_replies(database: Database, rows: Rows, operator: Session) -> None:
    user = rows.user()
    open_session(database, user)
    session = new_session(rows, user)
    pending = send(database, session)
    assert signed_in(database)
    do(database, operator, user, "bloquear")
    assert not signed_in(database)
    assert not running_replies.save_partial_text(database, pending.reply_id, 1, "mais")
    with pytest.raises(NotSignedIn):
        send(database, session, "Outra", conversation_id=pending.conversation_id)
    open_session(database, user)
    assert not signed_in(database)  # whatever adds a session: a blocked account has none
    do(database, operator, user, "desbloquear")
    assert signed_in(database)
    assert acts(rows) == [("bloquear", None), ("desbloquear", None)]


def test_each_act_changes_its_own_thing_and_is_in_the_audit(
    database: Database, rows: Rows, operator: Session
) -> None:
    user = rows.user()
    do(database, operator, user, "cota", cota_diaria=7)
    assert rows.value("SELECT cota_diaria FROM usuarios WHERE id = %s", user) == 7
    do(database, operator, user, "cota", cota_diaria="")
    assert rows.value("SELECT cota_diaria FROM usuarios WHERE id = %s", user) is None
    do(database, operator, user, "papel", papel="admin")
    assert rows.value("SELECT papel FROM usuarios WHERE id = %s", user) == "admin"
    open_session(database, user)
    do(database, operator, user, "encerrar")
    assert not signed_in(database)
    assert acts(rows) == [("cota", "7"), ("cota", None), ("papel", "admin"), ("encerrar", None)]
    found = audit.list_entries(database, 10)
    assert {(entry.admin_id, entry.target_id) for entry in found} == {(operator.user_id, user)}
    assert [entry.act for entry in found] == ["encerrar", "papel", "cota", "cota"]


def test_confirmation_is_sent_again_to_an_account_that_waits_for_it_alone(
    database: Database, rows: Rows, operator: Session
) -> None:
    waiting, confirmed = rows.user("espera@exemplo.com.br", verified=False), rows.user()
    assert do(database, operator, waiting, "reenviar").sent == [EmailRequested(kind="verificar", user_id=waiting)]
    assert do(database, operator, confirmed, "reenviar").sent == []
    assert acts(rows) == [("reenviar", None)] * 2


def test_deleted_account_is_closed_and_its_rows_are_left_to_the_cleanup(
    database: Database, rows: Rows, operator: Session
) -> None:
    user = rows.user()
    rows.conversation(user, "Oi", "Olá")
    queues = do(database, operator, user, "apagar")
    assert queues.sent == [CleanupRequested(only="closed_account", user_id=user)]
    assert rows.value("SELECT apagada_em IS NOT NULL FROM usuarios WHERE id = %s", user)
    assert rows.value("SELECT COUNT(*) FROM contas_apagadas WHERE id = %s", user) == 1
    with pytest.raises(NotFound):
        do(database, operator, user, "cota", cota_diaria=1)
    assert acts(rows) == [("apagar", None)]


@pytest.mark.parametrize(
    "act",
    [{"acao": "bloquear"}, {"acao": "apagar"}, {"acao": "papel", "papel": "pessoa"}],
    ids=lambda act: act["acao"],
)
def test_last_operator_stays(database: Database, rows: Rows, operator: Session, act: dict[str, str]) -> None:
    blocked = rows.user("bloqueada@exemplo.com.br")
    rows.run("UPDATE usuarios SET papel = 'admin', bloqueada_em = NOW(6) WHERE id = %s", blocked)
    with pytest.raises(LastAdmin):
        do(database, operator, operator.user_id, **act)
    assert acts(rows) == []
    do(database, operator, blocked, "desbloquear")
    do(database, operator, operator.user_id, **act)


def test_operator_by_setting_counts_as_one(
    database: Database, rows: Rows, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.user("dona@exemplo.com.br")
    monkeypatch.setenv("ADMIN_EMAILS", "Dona@Exemplo.com.br, nunca@exemplo.com.br")
    settings.read.cache_clear()
    do(database, operator, operator.user_id, "papel", papel="pessoa")
    assert acts(rows) == [("papel", "pessoa")]


def test_two_operators_who_block_each_other_at_once_leave_one(where: settings.DatabaseSettings, rows: Rows) -> None:
    for number in range(10):
        rows.run("UPDATE usuarios SET papel = 'pessoa'")
        first, second = rows.user(f"um{number}@exemplo.com.br"), rows.user(f"dois{number}@exemplo.com.br")
        rows.run("UPDATE usuarios SET papel = 'admin' WHERE id IN %s", [first, second])
        by = {user: new_session(rows, user) for user in (first, second)}

        def block(pair: tuple[Session, int]) -> str:
            try:
                do(database_for_rows(where), pair[0], pair[1], "bloquear")
            except LastAdmin:
                return "refused"
            return "blocked"

        with ThreadPoolExecutor(2) as pool:
            ended = [*pool.map(block, [(by[first], second), (by[second], first)])]
        assert sorted(ended) == ["blocked", "refused"]


def test_role_without_its_name_is_refused(database: Database, rows: Rows, operator: Session) -> None:
    with pytest.raises(InvalidInput):
        do(database, operator, rows.user(), "papel")


def test_command_line_names_a_confirmed_account_alone(database: Database, rows: Rows) -> None:
    user = rows.user("ana@exemplo.com.br")
    rows.user("ana@exemplo.com.br.example.org")
    rows.user("bia@exemplo.com.br", verified=False)
    assert accounts.name_admin(database, "ana@exemplo.com.br")
    assert not accounts.name_admin(database, "bia@exemplo.com.br")
    assert not accounts.name_admin(database, "ana@")
    assert [row["id"] for row in rows.list("SELECT id FROM usuarios WHERE papel = 'admin'")] == [user]
    assert rows.list("SELECT id_admin, id_alvo, acao, valor FROM auditoria") == [
        {"id_admin": audit.COMMAND_LINE, "id_alvo": user, "acao": "papel", "valor": "admin"}
    ]


def test_no_statement_changes_or_deletes_an_act() -> None:
    sources = [path.read_text() for folder in ("layers", "functions") for path in (ROOT / folder).rglob("*.py")]
    found = [line for source in sources for line in re.findall(r"[^\n]*\bauditoria\b[^\n]*", source)]
    assert any("INSERT INTO auditoria" in line for line in found)
    assert [
        line for line in found if re.search(r"UPDATE auditoria|DELETE\b.*auditoria|REPLACE INTO auditoria", line)
    ] == []


@pytest.mark.parametrize(
    ("contact", "named"), [("privacidade@exemplo.com.br",) * 2, ("", "quem administra este FalaAí")]
)
def test_refused_sign_in_says_where_to_ask_for_the_data(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch, contact: str, named: str
) -> None:
    user = rows.user(password=PASSWORD)
    rows.run("UPDATE usuarios SET bloqueada_em = UTC_TIMESTAMP(6) WHERE id = %s", user)
    monkeypatch.setenv("CONTACT_EMAIL", contact)
    settings.read.cache_clear()
    form = Credentials(email="ana@exemplo.com.br", senha=PASSWORD)
    with pytest.raises(AccountBlocked) as refused:
        sign_in(database, form, Browser("navegador", "127.0.0.1"))
    assert f"escreva para {named}." in sentence_of(refused.value)
