"""The statements of each request, counted at the connection. Limits are the design's."""

import uuid
from collections.abc import Callable, Generator
from typing import Any

import pytest
from starlette.testclient import TestClient

from falaai.database import Transaction
from falaai.errors import ModelRateLimited
from falaai.language_model import NO_USAGE, Failed, ModelEvent, Prompt
from falaai.web.current_user import get_database
from falaai_auth.passwords import hash_password
from tests.support.crowds import ORIGIN, THEIR_KEY, Crowd
from tests.support.fakes import FakeModel
from tests.support.histories import SUMMARY
from tests.support.repository_calls import RecordingTransaction
from tests.support.rows import Rows
from tests.support.uploaded_files import add_upload, pdf

MOST_BEFORE_FIRST_PIECE = 10
AFTER_FIRST_PIECE = 2


def make_first_of_day(crowd: Crowd) -> None:
    """Delete all counters of today, those of users and the shares of the ceiling."""
    Transaction(crowd.connection).run("DELETE FROM uso_diario")


def make_inactive(crowd: Crowd) -> None:
    """Let the session have another active conversation than the one that the next message goes to."""
    other = "SELECT MIN(id) FROM conversas WHERE id <> %s AND id_usuario = sessoes.id_usuario"
    Transaction(crowd.connection).run(
        f"UPDATE sessoes SET id_conversa_ativa = ({other}) WHERE chave = %s",
        (crowd.conversation_id, THEIR_KEY),
    )


def make_idle(crowd: Crowd) -> None:
    """Let the session be used for the first time in an hour, so that the time of this use is stored."""
    Transaction(crowd.connection).run("UPDATE sessoes SET vista_em = vista_em - INTERVAL 1 HOUR")


SITUATIONS: dict[str, tuple[Callable[[Crowd], None], ...]] = {
    "as usual": (),
    "first of the day": (make_first_of_day,),
    "inactive conversation": (make_inactive,),
    "first of the day in an inactive conversation": (make_first_of_day, make_inactive),
    "after an hour": (make_first_of_day, make_inactive, make_idle),
}


@pytest.fixture(params=SITUATIONS)
def situation(request: pytest.FixtureRequest) -> tuple[Callable[[Crowd], None], ...]:
    return SITUATIONS[request.param]


def count_in(
    crowd: Crowd,
    situation: tuple[Callable[[Crowd], None], ...],
    path: str = "/chat/message",
    most: int = MOST_BEFORE_FIRST_PIECE,
    **more: Any,
) -> dict[str, Any]:
    """Send a request in this situation, and check its statements. Returns the answer."""
    for prepare in situation:
        prepare(crowd)
    before, after, answer = crowd.message(path, **more)
    assert before <= most
    assert after - (make_idle in situation) <= AFTER_FIRST_PIECE
    return answer


def new_client_id() -> str:
    return uuid.uuid4().hex


def test_follow_up_takes_ten_statements_before_the_first_piece(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    count_in(crowd, situation, message="Oi", client_id=new_client_id(), conversation_id=crowd.conversation_id)


@pytest.mark.parametrize("more", [{"nova": True}, {}], ids=["asked for", "nothing active"])
def test_first_message_of_a_conversation_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...], more: dict[str, Any]
) -> None:
    crowd.get("/reset_chat", "POST")
    if not more:  # then no conversation can be active
        situation = tuple(one for one in situation if one is not make_inactive)
    answer = count_in(crowd, situation, message="Oi", client_id=new_client_id(), **more)
    assert answer["conversation_id"] != crowd.conversation_id


def test_regenerating_takes_ten_statements_too(crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]) -> None:
    _, _, answer = crowd.message(message="Oi", conversation_id=crowd.conversation_id)
    count_in(crowd, situation, "/chat/replies/{message_id}/regenerate", message_id=answer["message_id"])


def test_edit_takes_ten_statements_too(crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]) -> None:
    _, _, answer = crowd.message(message="Oi", conversation_id=crowd.conversation_id)
    crowd.message(message="E depois?", conversation_id=crowd.conversation_id)
    edit = {"message": "Olá", "client_id": new_client_id(), "message_id": answer["question_id"]}
    count_in(crowd, situation, "/chat/messages/{message_id}/edit", **edit)


def test_repeated_question_whose_reply_failed_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    question = {"message": "Oi", "client_id": new_client_id(), "conversation_id": crowd.conversation_id}
    _, _, answer = crowd.message(**question)
    Transaction(crowd.connection).run("UPDATE mensagens SET estado = 'erro' WHERE id = %s", (answer["message_id"],))
    assert count_in(crowd, situation, **question)["message_id"] == answer["message_id"]


def test_message_that_searches_takes_ten_statements_too(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    """Its search is counted by the statements that count the message, and is stored with the end of the reply."""
    question = {"message": "Oi", "client_id": new_client_id(), "conversation_id": crowd.conversation_id}
    answer = count_in(crowd, situation, **question, buscar=True)
    assert [one["dominio"] for one in answer["pesquisa"]["fontes"]] == ["a.example"]
    path = "/chat/replies/{message_id}/regenerate"
    count_in(crowd, situation, path, message_id=answer["message_id"], buscar=True)
    edit = {"message": "Olá", "client_id": new_client_id(), "message_id": answer["question_id"]}
    count_in(crowd, situation, "/chat/messages/{message_id}/edit", **edit, buscar=True)


# A question with files also sends the uploads and reads the attachments of its conversation. One without files, in a
# conversation that has some, only reads them.
MOST_WITH_FILES, MOST_AFTER_FILES = 12, 11


def test_question_with_files_takes_twelve_statements_and_later_ones_eleven(
    crowd: Crowd, situation: tuple[Callable[[Crowd], None], ...]
) -> None:
    rows = Rows(crowd.clients["chat"].app.dependency_overrides[get_database]())  # type: ignore[attr-defined]
    user = rows.value("SELECT id_usuario FROM sessoes WHERE chave = %s", THEIR_KEY)
    uploads = [add_upload(rows, user, pdf(pages)) for pages in range(1, 6)]
    crowd.files.contents |= {upload.key: upload.data for upload in uploads}
    # in a conversation of its own: the other tests count without files
    _, _, first = crowd.message(message="Oi", nova=True)
    asked = {"client_id": new_client_id(), "conversation_id": first["conversation_id"]}
    more = {"message": "O que é isto?", "anexos": [upload.id for upload in uploads], **asked}
    answer = count_in(crowd, situation, most=MOST_WITH_FILES, **more)
    asked["client_id"] = new_client_id()
    count_in(crowd, situation, most=MOST_AFTER_FILES, message="E depois?", **asked)
    edit = {"message": "O que são?", "client_id": new_client_id(), "message_id": answer["question_id"]}
    answer = count_in(crowd, situation, "/chat/messages/{message_id}/edit", MOST_WITH_FILES, **edit)
    path = "/chat/replies/{message_id}/regenerate"
    count_in(crowd, situation, path, MOST_AFTER_FILES, message_id=answer["message_id"])
    before = crowd.questions()
    crowd.http("/chat").get(f"/conversation/{first['conversation_id']}").raise_for_status()
    assert crowd.questions() - before <= 2


def test_failure_that_does_not_count_takes_one_transaction(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeModel, "stream", fail_at_once)
    body = {"message": "Oi", "conversation_id": crowd.conversation_id}
    answer = crowd.http("/chat/message").post("/chat/message", json=body)
    assert (answer.status_code, answer.json()["contou"]) == (503, False)
    # BEGIN, lock the counter, end the reply, subtract the message, COMMIT, and the tokens of the day.
    assert crowd.questions() - crowd.before_model.pop() == 6


def fail_at_once(_model: FakeModel, _prompt: Prompt, _seconds: float) -> Generator[ModelEvent]:
    yield Failed(ModelRateLimited("429"), "", NO_USAGE)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/profile", 3),
        ("/chat", 3),
        ("/chat/{conversation_id}", 3),
        ("/conversations", 2),
        ("/conversation/{conversation_id}", 2),
    ],
)
def test_pages_take_three_at_most(crowd: Crowd, path: str, most: int) -> None:
    before = crowd.questions()
    crowd.get(path)
    assert crowd.questions() - before <= most


def test_sign_in_takes_ten_statements(crowd: Crowd) -> None:
    """Three counters, the account, the counters again, and a transaction of five."""
    sql = Transaction(crowd.connection)
    sql.run(
        "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
        " VALUES ('Eva', 'eva@exemplo.com.br', %s, TRUE, UTC_TIMESTAMP(6), TRUE)",
        (hash_password("cavalo bateria grampo"),),
    )
    browser = TestClient(crowd.clients["auth"].app, headers={"origin": ORIGIN})
    credentials = {"email": "eva@exemplo.com.br", "senha": "cavalo bateria grampo"}
    browser.post("/login", json=credentials)
    browser.cookies.clear()
    before = crowd.questions()
    assert browser.post("/login", json=credentials).status_code == 200
    assert crowd.questions() - before == 10


@pytest.mark.parametrize("path", ["/conversations", "/conversations?q=Longa", "/chat"])
def test_lists_of_conversations_read_no_summary(crowd: Crowd, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    RecordingTransaction.rows.clear()
    monkeypatch.setattr("falaai.database.Transaction", RecordingTransaction)
    crowd.get(path)
    assert any(row.get("titulo_conversa") == "Longa" for row in RecordingTransaction.rows)
    assert SUMMARY not in str(RecordingTransaction.rows)
