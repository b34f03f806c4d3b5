"""Queue messages in any order, doubled and delayed, before and after what they are about is there: one end state."""

import os
from collections import deque
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from falaai.database import Database, Statements
from falaai.errors import ModelRateLimited, RetryLater
from falaai.queue_messages import NO_EMAIL, EmailRequested, QueueMessage, SummaryRequested, TitleRequested
from falaai.secret_tokens import link_key
from falaai_email.rendering import Email
from falaai_email.worker import send_email
from falaai_memory.worker import summarize
from falaai_titles.worker import set_generated_title
from tests.support.fakes import FakeModel
from tests.support.rows import TABLES, Rows

# `make test` takes a sample; `make test-faults` takes the whole.
HISTORIES = int(os.environ.get("HISTORIES", "60"))

NEW, MOVING, TALK, GONE = 1, 2, 3, 404
MESSAGES: tuple[QueueMessage, ...] = (
    TitleRequested(conversation_id=TALK),
    SummaryRequested(conversation_id=TALK),
    EmailRequested(kind="verificar", user_id=NEW),
    EmailRequested(kind="email", user_id=MOVING),
    EmailRequested(kind="email_trocado", user_id=MOVING),
    TitleRequested(conversation_id=GONE),  # its transaction was rolled back
    NO_EMAIL,
)


@dataclass(frozen=True)
class Delivery:
    """One message on its way; `busy` is how often what it needs answers 429 or 500 first."""

    message: QueueMessage
    busy: int


@dataclass(frozen=True)
class History:
    """Deliveries in order; the transaction that all of them are about commits after so many."""

    deliveries: list[Delivery]
    committed_after: int


@st.composite
def histories(draw: st.DrawFn) -> History:
    copies = [message for message in MESSAGES for _ in range(draw(st.integers(1, 3)))]
    shuffled = draw(st.permutations(copies))
    deliveries = [Delivery(message, draw(st.integers(0, 2))) for message in shuffled]
    return History(deliveries, draw(st.integers(0, len(deliveries))))


@dataclass
class EmailSender:
    sent: list[Email] = field(default_factory=list)
    busy: bool = False

    def send(self, email: Email) -> None:
        if self.busy:
            raise RetryLater("SendGrid answered 500")
        self.sent.append(email)


def commit(sql: Statements) -> None:
    """What the messages were sent from within."""
    for user_id, email, verified, new in ((NEW, "ana@x.br", False, None), (MOVING, "bia@x.br", True, "nova@x.br")):
        sql.run(
            "INSERT INTO usuarios"
            " (id, nome, email, senha, termos_registro, data_registro, email_verified, email_novo)"
            " VALUES (%s, 'Ana', %s, 'x', TRUE, UTC_TIMESTAMP(6), %s, %s)",
            (user_id, email, verified, new),
        )
    sql.run(
        "INSERT INTO conversas (id, id_usuario, data_criacao, data_atualizacao, ultima_seq)"
        " VALUES (%s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 8)",
        (TALK, MOVING),
    )
    for seq in range(1, 9):
        sql.run(
            "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
            " VALUES (%s, %s, %s, REPEAT('palavra ', 100), UTC_TIMESTAMP(6))",
            (TALK, seq, "usuario" if seq % 2 else "ia"),
        )


def handle(database: Database, email_sender: EmailSender, delivery: Delivery, age: float) -> None:
    model = FakeModel(["Sobre palavras"], ModelRateLimited("429") if delivery.busy else None)
    email_sender.busy = delivery.busy > 0
    match delivery.message:
        case TitleRequested():
            set_generated_title(database, model, delivery.message, age)
        case SummaryRequested():
            summarize(database, model, delivery.message, 500, age)
        case EmailRequested():
            send_email(database, email_sender, delivery.message, "https://fala.example", age)


def play(database: Database, history: History) -> EmailSender:
    """Deliver until no message is left. A message to retry comes back later; after five minutes none is retried."""
    email_sender, waiting, count = EmailSender(), deque(history.deliveries), 0
    while waiting:
        if count == history.committed_after:
            database.transaction(commit)
        delivery, count = waiting.popleft(), count + 1
        try:
            handle(database, email_sender, delivery, age=10 if count <= len(history.deliveries) else 301)
        except RetryLater:
            waiting.append(Delivery(delivery.message, max(0, delivery.busy - 1)))
    if count <= history.committed_after:
        database.transaction(commit)
    return email_sender


def end_state(rows: Rows) -> dict[str, object]:
    return {
        "conversations": rows.list(
            "SELECT id, titulo_conversa, resumo, resumo_ate_seq, resumo_versao FROM conversas"
        ),
        "users": rows.list("SELECT id, email, email_novo, email_verified FROM usuarios ORDER BY id"),
        "links": rows.list("SELECT id_usuario, finalidade, dados, usado_em FROM tokens ORDER BY id_usuario"),
        "messages": rows.value("SELECT COUNT(*) FROM mensagens"),
    }


END_STATE = {
    "conversations": [
        {
            "id": TALK,
            "titulo_conversa": "Sobre palavras",
            "resumo": "Sobre palavras",
            "resumo_ate_seq": 6,
            "resumo_versao": 1,
        }
    ],
    "users": [
        {"id": NEW, "email": "ana@x.br", "email_novo": None, "email_verified": 0},
        {"id": MOVING, "email": "bia@x.br", "email_novo": "nova@x.br", "email_verified": 1},
    ],
    "links": [
        {"id_usuario": NEW, "finalidade": "verificar", "dados": None, "usado_em": None},
        {"id_usuario": MOVING, "finalidade": "email", "dados": "nova@x.br", "usado_em": None},
    ],
    "messages": 8,
}


def newest_link_works(rows: Rows, email_sender: EmailSender, address: str) -> bool:
    newest = [email for email in email_sender.sent if email.to == address][-1]
    token = newest.text.split("/verify_link/")[1].split()[0]
    return bool(rows.value("SELECT COUNT(*) FROM tokens WHERE chave = %s", link_key(token)))


def test_any_history_of_messages_ends_in_one_state(database: Database, rows: Rows) -> None:
    played = []

    @settings(
        max_examples=HISTORIES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(histories())
    def check(history: History) -> None:
        for table in TABLES:
            rows.run(f"DELETE FROM {table}")
        email_sender = play(database, history)
        played.append(len(history.deliveries))
        assert end_state(rows) == END_STATE
        assert newest_link_works(rows, email_sender, "ana@x.br")
        assert newest_link_works(rows, email_sender, "nova@x.br")

    check()
    print(f"{len(played)} histories of {sum(played)} deliveries")
    assert len(played) >= HISTORIES
