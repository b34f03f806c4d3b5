"""Titles, summaries and emails: a message that arrives twice, early or late ends in the same state."""

import re
import unicodedata

import pytest

from falaai.database import Database
from falaai.errors import LinkNotValid, ModelBlocked, ModelRateLimited, RetryLater
from falaai.queue_messages import EmailRequested, SummaryRequested, TitleRequested
from falaai.secret_tokens import link_key
from falaai_auth.verification import verify
from falaai_email.worker import send_email
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeEmailSender, FakeModel
from tests.support.people import BROWSER, PASSWORD
from tests.support.rows import Rows

URL = "https://fala.example"


def test_title_is_given_once(database: Database, rows: Rows) -> None:
    conversation = rows.conversation(rows.user(), "Como faço pão de queijo?", "Com polvilho.")
    message = TitleRequested(conversation_id=conversation)
    set_generated_title(database, FakeModel(["Pão de queijo"]), message, 1)
    second = FakeModel(["Outro"])
    set_generated_title(database, second, message, 1)
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Pão de queijo"
    assert second.prompts == []


def test_chosen_title_stays(database: Database, rows: Rows) -> None:
    conversation = rows.conversation(rows.user(), "Oi", "Olá")
    rows.run("UPDATE conversas SET titulo_manual = TRUE")
    set_generated_title(database, FakeModel(["Outro"]), TitleRequested(conversation_id=conversation), 1)
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Nova Conversa"


def test_generated_title_replaces_the_first_words_of_the_question_once(database: Database, rows: Rows) -> None:
    conversation = rows.conversation(rows.user(), "Como faço pão de queijo?", "Com polvilho.")
    rows.run("UPDATE conversas SET titulo_conversa = 'Como faço pão de queijo?', titulo_provisorio = TRUE")
    message = TitleRequested(conversation_id=conversation)
    set_generated_title(database, FakeModel(["Pão de queijo"]), message, 1)
    set_generated_title(database, FakeModel(["Outro"]), message, 1)
    assert rows.list("SELECT titulo_conversa, titulo_provisorio FROM conversas") == [
        {"titulo_conversa": "Pão de queijo", "titulo_provisorio": 0}
    ]


def test_title_waits_for_a_model_that_is_busy_and_does_without_one_that_refuses(
    database: Database, rows: Rows
) -> None:
    message = TitleRequested(conversation_id=rows.conversation(rows.user(), "Como funciona o empréstimo?"))
    with pytest.raises(RetryLater):
        set_generated_title(database, FakeModel([], ModelRateLimited("429")), message, 1)
    set_generated_title(database, FakeModel([], ModelBlocked("SAFETY")), message, 1)
    assert rows.value("SELECT titulo_conversa FROM conversas") == "Como funciona o empréstimo?"


def test_row_that_is_not_there_is_waited_for_and_then_given_up(database: Database) -> None:
    message = TitleRequested(conversation_id=404)
    with pytest.raises(RetryLater):
        set_generated_title(database, FakeModel(), message, 10)
    set_generated_title(database, FakeModel(), message, 301)


def test_summary_ends_at_a_whole_pair(database: Database, rows: Rows) -> None:
    conversation = rows.conversation(rows.user(), *["palavra " * 100] * 10)
    model = FakeModel(["Falaram de palavras."])
    summarize(database, model, SummaryRequested(conversation_id=conversation), 1000, 1)
    (row,) = rows.list("SELECT resumo, resumo_ate_seq, resumo_versao FROM conversas")
    assert row["resumo"] == "Falaram de palavras."
    assert row["resumo_ate_seq"] % 2 == 0
    assert row["resumo_versao"] == 1
    summarize(database, model, SummaryRequested(conversation_id=conversation), 1000, 1)
    assert len(model.prompts) == 1


def test_second_summary_changes_nothing(database: Database, rows: Rows) -> None:
    conversation = rows.conversation(rows.user(), *["palavra " * 100] * 10)

    class LateModel(FakeModel):
        def stream(self, prompt, seconds):  # type: ignore[no-untyped-def]
            rows.run("UPDATE conversas SET resumo = 'o outro', resumo_versao = 7")
            return super().stream(prompt, seconds)

    summarize(database, LateModel(), SummaryRequested(conversation_id=conversation), 1000, 1)
    assert rows.value("SELECT resumo FROM conversas") == "o outro"


def test_email_holds_the_only_copy_of_a_working_link(database: Database, rows: Rows) -> None:
    user, email_sender = rows.user(verified=False, password=PASSWORD), FakeEmailSender()
    send_email(database, email_sender, EmailRequested(kind="verificar", user_id=user), URL, 1)
    (email,) = email_sender.sent
    token = email.text.split("/verify_link/")[1].split()[0]
    assert rows.value("SELECT chave FROM tokens") == link_key(token)
    assert token not in str(rows.list("SELECT * FROM tokens"))
    verify(database, token, PASSWORD, BROWSER)
    assert rows.value("SELECT email_verified FROM usuarios") == 1


@pytest.mark.parametrize("kind", ["verificar", "senha", "email"])
def test_no_typed_text_goes_to_an_address_that_is_not_confirmed(database: Database, rows: Rows, kind: str) -> None:
    user, email_sender = rows.user(verified=kind == "email"), FakeEmailSender()
    rows.run("UPDATE usuarios SET email_novo = 'nova@exemplo.com.br'")
    send_email(database, email_sender, EmailRequested(kind=kind, user_id=user), URL, 1)  # type: ignore[arg-type]
    (email,) = email_sender.sent
    assert email.text.startswith("Oi!\n")
    for part in (email.subject, email.text, email.html):
        read = re.sub(r"[\w-]{43}", "", part)  # without the token of the link, which may contain a name by chance
        assert "Ana" not in read
        assert "Souza" not in read


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Ana Souza", "Oi, Ana."),
        ("D’Ávila-Luz", "Oi, D’Ávila-Luz."),
        ("José", "Oi, Jose\u0301."),
        ("http://premio.example", "Oi!"),
        ("premio.example", "Oi!"),
        ("Sua\u2800conta\u2800acaba", "Oi!"),
        ("x" * 31, "Oi!"),
    ],
)
def test_confirmed_person_is_greeted_by_a_plain_first_name(
    database: Database, rows: Rows, name: str, greeting: str
) -> None:
    user, email_sender = rows.user(), FakeEmailSender()
    rows.run("UPDATE usuarios SET nome = %s", unicodedata.normalize("NFD", name) if name == "José" else name)
    send_email(database, email_sender, EmailRequested(kind="conta_existente", user_id=user), URL, 1)
    assert email_sender.sent[0].text.startswith(f"{greeting}\n")


def test_newer_email_ends_the_older_link(database: Database, rows: Rows) -> None:
    message, email_sender = EmailRequested(kind="verificar", user_id=rows.user(verified=False)), FakeEmailSender()
    send_email(database, email_sender, message, URL, 1)
    send_email(database, email_sender, message, URL, 1)
    assert len(email_sender.sent) == 2
    assert rows.value("SELECT COUNT(*) FROM tokens") == 1


def test_verified_account_needs_no_verification(database: Database, rows: Rows) -> None:
    email_sender = FakeEmailSender()
    send_email(database, email_sender, EmailRequested(kind="verificar", user_id=rows.user()), URL, 1)
    assert email_sender.sent == []


def test_new_address_that_is_not_committed_yet_is_waited_for(database: Database, rows: Rows) -> None:
    user, email_sender = rows.user(), FakeEmailSender()
    message = EmailRequested(kind="email", user_id=user)
    with pytest.raises(RetryLater):
        send_email(database, email_sender, message, URL, 1)
    rows.run("UPDATE usuarios SET email_novo = 'nova@exemplo.com.br'")
    send_email(database, email_sender, message, URL, 3)
    assert [email.to for email in email_sender.sent] == ["nova@exemplo.com.br"]
    rows.run("UPDATE usuarios SET email_novo = NULL")
    send_email(database, email_sender, message, URL, 301)
    assert len(email_sender.sent) == 1


def test_proved_address_is_taken_from_an_account_that_never_proved_it(database: Database, rows: Rows) -> None:
    user, squatter, email_sender = rows.user(), rows.user("nova@exemplo.com.br", verified=False), FakeEmailSender()
    rows.run("INSERT INTO tokens VALUES ('t', %s, 'verificar', NULL, NOW(6), NOW(6), NULL)", squatter)
    rows.run("UPDATE usuarios SET email_novo = 'nova@exemplo.com.br' WHERE id = %s", user)
    send_email(database, email_sender, EmailRequested(kind="email", user_id=user), URL, 1)
    verify(database, email_sender.sent[0].text.split("/verify_link/")[1].split()[0], "", BROWSER)
    assert rows.list("SELECT id, email FROM usuarios") == [{"id": user, "email": "nova@exemplo.com.br"}]
    assert rows.value("SELECT COUNT(*) FROM tokens WHERE id_usuario = %s", squatter) == 0


def test_address_verified_by_another_user_meanwhile_is_not_taken(database: Database, rows: Rows) -> None:
    user, email_sender = rows.user(), FakeEmailSender()
    rows.run("UPDATE usuarios SET email_novo = 'nova@exemplo.com.br' WHERE id = %s", user)
    send_email(database, email_sender, EmailRequested(kind="email", user_id=user), URL, 1)
    rows.user("nova@exemplo.com.br")
    with pytest.raises(LinkNotValid):
        verify(database, email_sender.sent[0].text.split("/verify_link/")[1].split()[0], "", BROWSER)
    assert rows.value("SELECT email FROM usuarios WHERE id = %s", user) == "ana@exemplo.com.br"
