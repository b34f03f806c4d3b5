"""Take a question and generate its reply with a fake model, without HTTP."""

from datetime import datetime
from typing import Any

from falaai.database import Database
from falaai.language_model import Completed, Failed
from falaai.repositories.sessions import Session
from falaai_chat.generation import ReplyDependencies, generate_reply
from falaai_chat.generation.events import Interrupted
from falaai_chat.pending_replies import PendingReply
from falaai_chat.questions import ask
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from tests.support.fakes import FakeModel, FakeQueues
from tests.support.rows import Rows

PLENTY = Limits(Quota(1000, 1000, at_once=1000))
NOW = datetime(2026, 6, 1, 12, 0)
# Abandon the unfinished replies. What is given back goes to the day of the last save: it must be the day of NOW, on
# which sessions of `new_session` count, and not the test's own day, which may have changed meanwhile.
ABANDON = f"UPDATE mensagens SET escrita_em = '{NOW}' WHERE estado = 'gerando'"


def new_session(rows: Rows, user_id: int, device: str = "") -> Session:
    session_id = rows.insert(
        "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em)"
        " VALUES (%s, %s, NOW(6), NOW(6), NOW(6))",
        f"k{user_id}{device}",
        user_id,
    )
    return Session(session_id, user_id, None, "Ana", "ana@exemplo.com.br", 0, NOW)


def send(database: Database, session: Session, text: str = "Oi", **more: Any) -> PendingReply:
    return ask(database, session, MessageInput(message=text, **more), PLENTY)


def answer(
    database: Database, asked: PendingReply, model: FakeModel | None = None, queues: FakeQueues | None = None
) -> Completed | Interrupted:
    """Run a generation to its end. Raises the error of a failed one."""
    dependencies = ReplyDependencies(database, model or FakeModel(), queues or FakeQueues())
    *_, end = generate_reply(dependencies, asked, "pt-BR", 20)
    if isinstance(end, Failed):
        raise end.error.about(text=end.text)
    assert isinstance(end, Completed | Interrupted)
    return end
