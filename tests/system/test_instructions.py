"""The instructions that users write for the assistant: kept with the profile, and part of each prompt of theirs."""

from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, People, Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

WRITTEN = "Trate-me por capitã.\nResponda em rimas."


def write(person: Person, instructions: str) -> httpx.Response:
    return person.http.put("/profile/update", data={"instrucoes": instructions})


def system_of(cloud: RunningCloud, question: str) -> str:
    """Return the system instruction with which the model got this question."""
    requests = httpx.get(f"{cloud.addresses['gemini']}/admin/requests").json()
    (body,) = [one["body"] for one in requests if one["body"]["contents"][-1]["parts"][-1]["text"] == question]
    return str(body["systemInstruction"]["parts"][0]["text"])


@pytest.fixture
def captain(member: Person) -> Person:
    saved = write(member, WRITTEN.replace("\n", "\r\n"))
    assert (saved.status_code, "a partir da próxima mensagem" in saved.json()["message"]) == (200, True)
    return member


def test_instructions_are_in_each_prompt_of_their_user_alone(
    captain: Person, people: People, cloud: RunningCloud
) -> None:
    first = captain.say("Primeira da capitã")
    captain.say("Segunda da capitã", conversation_id=first["conversation_id"])
    captain.say("Terceira da capitã", nova=True)
    people.member().say("Pergunta de outra pessoa")
    for question in ("Primeira da capitã", "Segunda da capitã", "Terceira da capitã"):
        assert system_of(cloud, question).endswith("\n> Trate-me por capitã.\n> Responda em rimas.")
    assert "capitã" not in system_of(cloud, "Pergunta de outra pessoa")


def test_change_counts_from_the_next_message_also_for_a_reply_that_is_made_again(
    captain: Person, cloud: RunningCloud
) -> None:
    asked = captain.say("Pergunta que será refeita")
    assert write(captain, "Fale como pirata.").status_code == 200
    captain.http.post(f"/chat/messages/{asked['question_id']}/edit", json={"message": "Refeita"}).raise_for_status()
    assert "capitã" in system_of(cloud, "Pergunta que será refeita")
    assert system_of(cloud, "Refeita").endswith("\n> Fale como pirata.")


def test_instructions_are_removed(captain: Person, cloud: RunningCloud, product: Rows) -> None:
    assert write(captain, "").status_code == 422  # an empty field counts as not given
    answer = captain.http.put("/profile/update", data={"instrucoes": " \r\n ", "remover_instrucoes": "true"})
    assert answer.json() == {"message": "Pronto. O FalaAí volta a falar do jeito de sempre."}
    assert product.value("SELECT instrucoes FROM usuarios WHERE email = %s", captain.email) is None
    captain.say("Pergunta sem instruções")
    assert "Trate-me" not in system_of(cloud, "Pergunta sem instruções")


def test_other_changes_of_the_profile_leave_them(captain: Person, product: Rows) -> None:
    assert captain.http.put("/profile/update", data={"nome_completo": "Ana Clara"}).status_code == 200
    assert product.value("SELECT instrucoes FROM usuarios WHERE email = %s", captain.email) == WRITTEN


@pytest.mark.parametrize(("written", "status"), [("é" * 1500, 200), ("a\r\n" * 750, 200), ("é" * 1501, 422)])
def test_limit_is_in_characters_as_the_user_counts_them(member: Person, written: str, status: int) -> None:
    answer = write(member, written)
    assert answer.status_code == status
    if status == 422:
        (field,) = answer.json()["fields"]
        assert field == {"field": "instrucoes", "message": "use no máximo 1500 caracteres"}


def test_instructions_are_exported_and_deleted_with_the_account(captain: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", captain.email)
    exported: dict[str, Any] = captain.http.get("/profile/export").json()
    assert exported["usuarios"][0]["instrucoes"] == WRITTEN
    assert captain.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert product.value("SELECT COUNT(instrucoes) FROM usuarios WHERE id = %s", user) == 0


def test_instructions_are_in_no_log(captain: Person, cloud: RunningCloud) -> None:
    captain.say("Pergunta para o registro")
    write(captain, "x" * 1501)
    assert "capitã" not in cloud.log.read_text()
