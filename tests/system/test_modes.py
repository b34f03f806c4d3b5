"""The two modes over HTTP: each has its own models, its own quota, and its own refusal."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.people import Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService

USED_UP = "UPDATE uso_diario SET pensadas = 20 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)"


@pytest.fixture
def asked(cloud: RunningCloud) -> Iterator[Any]:
    """Function that returns model and thinking level of the requests for replies to a question."""
    fake = FakeService(cloud.addresses["gemini"])

    def is_reply(body: dict[str, Any], question: str) -> bool:
        """Return whether a reply to the question was requested: a title may have the same last text."""
        system = body["systemInstruction"]["parts"][0]["text"]
        return system.startswith("Você é o FalaAí") and body["contents"][-1]["parts"][0]["text"] == question

    def find(question: str) -> list[tuple[str, str]]:
        requests = [one for one in fake.requests() if is_reply(one["body"], question)]
        thinking = [one["body"]["generationConfig"]["thinkingConfig"] for one in requests]
        return [(one["model"], str(*level.values()).lower()) for one, level in zip(requests, thinking, strict=True)]

    yield find
    fake.fault(fault=None)
    httpx.put(f"{fake.url}/admin/pace", json={"delay": 0.03}).raise_for_status()


def stored(product: Rows, reply_id: int) -> tuple[str, str]:
    row = product.list("SELECT modo, modelo FROM mensagens WHERE id = %s", reply_id)[0]
    return row["modo"], row["modelo"]


def test_each_mode_asks_its_own_model_and_both_are_told(member: Person, product: Rows, asked: Any) -> None:
    fast = member.http.post("/chat/message", json={"message": "Pergunta rápida?"}).json()
    slow = member.http.post("/chat/message", json={"message": "Pergunta difícil?", "modo": "pensar"}).json()
    assert asked("Pergunta rápida?") == [("gemini-3.5-flash-lite", "minimal")]
    assert asked("Pergunta difícil?") == [("gemini-3.8-flash", "medium")]
    assert (fast["modo"], fast["restam"], slow["modo"], slow["restam"]) == ("rapido", 199, "pensar", 19)
    assert stored(product, fast["message_id"]) == ("rapido", "gemini-3.5-flash-lite")
    assert stored(product, slow["message_id"]) == ("pensar", "gemini-3.8-flash")
    exported = {row["id"]: row for row in member.http.get("/profile/export").json()["mensagens"]}
    assert exported[slow["message_id"]]["modo"] == "pensar"
    assert exported[slow["message_id"]]["modelo"] == "gemini-3.8-flash"
    one = member.http.get(f"/conversation/{slow['conversation_id']}/export?format=json").json()["mensagens"][-1]
    assert (one["id"], one["modo"], one["modelo"]) == (slow["message_id"], "pensar", "gemini-3.8-flash")


def test_another_reply_and_an_edit_use_the_mode_of_the_moment(member: Person, product: Rows, asked: Any) -> None:
    first = member.http.post("/chat/message", json={"message": "Primeira versão?"}).json()
    path = f"/chat/replies/{first['message_id']}/regenerate"
    again = member.http.post(path, json={"modo": "pensar"}).json()
    assert (again["message_id"], again["modo"]) == (first["message_id"], "pensar")
    assert [model for model, _ in asked("Primeira versão?")] == ["gemini-3.5-flash-lite", "gemini-3.8-flash"]
    path = f"/chat/messages/{first['question_id']}/edit"
    edited = member.http.post(path, json={"message": "Segunda versão?", "modo": "pensar"}).json()
    assert stored(product, edited["message_id"])[0] == "pensar"
    assert member.http.post(f"/chat/replies/{edited['message_id']}/regenerate").json()["modo"] == "rapido"


def test_stream_tells_the_mode_and_never_the_thoughts(member: Person, cloud: RunningCloud, asked: Any) -> None:
    pace = {"delay": 0, "text": "A resposta.", "thoughts": "Primeiro penso no assunto."}
    httpx.put(f"{cloud.addresses['gemini']}/admin/pace", json=pace).raise_for_status()
    with member.stream("Com pensamentos?", modo="pensar") as events:
        received = list(events)
    assert received[0][1]["modo"] == "pensar"
    assert "penso" not in str(received)
    assert received[-1][1]["html"] == "<p>A resposta.</p>\n"


@pytest.mark.parametrize("path", ["/chat/message", "/chat/stream"])
def test_unknown_mode_is_refused(member: Person, path: str) -> None:
    answer = member.http.post(path, json={"message": "Oi", "modo": "devagar"})
    assert answer.status_code == 422
    assert "modo" in str(answer.json()["fields"])


@pytest.mark.parametrize("path", ["/chat/message", "/chat/stream"])
def test_used_up_quota_of_the_mode_has_its_own_sentence_and_the_other_mode_answers(
    member: Person, product: Rows, path: str
) -> None:
    member.http.post("/chat/message", json={"message": "Oi", "modo": "pensar"}).raise_for_status()
    product.run(USED_UP, member.email)
    question = f"Mais uma, por {path}?"
    answer = member.http.post(path, json={"message": question, "modo": "pensar"})
    body = answer.json()
    assert (answer.status_code, body["code"], body["limite"]) == (429, "thinking_quota_reached", 20)
    assert body["detail"].startswith("Você usou as 20 mensagens de hoje do Pensar mais.")
    assert "O Rápido continua disponível." in body["detail"]
    assert member.http.post(path, json={"message": question}).status_code == 200
    assert product.value("SELECT COUNT(*) FROM mensagens WHERE conteudo = %s", question) == 1


def test_failure_without_a_word_is_given_back_to_the_mode(member: Person, cloud: RunningCloud, asked: Any) -> None:
    FakeService(cloud.addresses["gemini"]).fault(fault="429", model="gemini-3.8-flash")
    body = member.http.post("/chat/message", json={"message": "Vai falhar?", "modo": "pensar"}).json()
    assert (body["code"], body["contou"], body["restam"], body["modo"]) == ("model_rate_limited", False, 20, "pensar")
    assert member.http.post("/chat/message", json={"message": "E rápido?"}).json()["restam"] == 199
