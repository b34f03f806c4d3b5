"""Ratings of replies over HTTP: stored without text, counted for the operator, and gone with the account."""

from typing import Any

import pytest

from tests.support.people import PASSWORD, People, Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud


def rate(person: Person, reply: dict[str, Any], rating: str | None, reason: str | None = None) -> int:
    path = f"/chat/replies/{reply['message_id']}/rating"
    return person.http.put(path, json={"nota": rating, "motivo": reason}).status_code


def shown(person: Person, reply: dict[str, Any]) -> Any:
    """Return the rating that the page gets with the message."""
    messages = person.http.get(f"/conversation/{reply['conversation_id']}").json()
    return messages[-1]["avaliacao"]


def test_rating_is_stored_changed_and_taken_back(member: Person, product: Rows) -> None:
    reply = member.say("Oi")
    assert shown(member, reply) is None
    assert rate(member, reply, "ruim", "tom") == 200
    assert shown(member, reply) == {"nota": "ruim", "motivo": "tom"}
    assert rate(member, reply, "boa") == 200
    assert rate(member, reply, "boa") == 200
    assert shown(member, reply) == {"nota": "boa", "motivo": None}
    assert rate(member, reply, None) == 200
    assert shown(member, reply) is None
    assert product.value("SELECT COUNT(*) FROM avaliacoes WHERE id_mensagem = %s", reply["message_id"]) == 0


def test_rating_belongs_to_one_try_of_a_reply(member: Person) -> None:
    reply = member.say("Oi")
    rate(member, reply, "ruim", "incorreta")
    member.http.post(f"/chat/replies/{reply['message_id']}/regenerate").raise_for_status()
    assert shown(member, reply) is None
    assert rate(member, reply, "boa") == 200
    assert shown(member, reply) == {"nota": "boa", "motivo": None}


def test_rating_stays_with_its_version(member: Person, product: Rows) -> None:
    """However often the reply is made again and other versions are shown: each version has one rating."""
    reply = member.say("Oi")
    path = f"/chat/replies/{reply['message_id']}/regenerate"
    rate(member, reply, "ruim", "tom")
    member.http.post(path).raise_for_status()
    rate(member, reply, "boa")
    first, second = {"nota": "ruim", "motivo": "tom"}, {"nota": "boa", "motivo": None}

    def switch(version: int) -> dict[str, Any]:
        """Show a version of the reply. Returns its message."""
        current = member.http.get(f"/conversation/{reply['conversation_id']}").json()[-1]
        switched = member.http.post(f"/chat/messages/{current['id']}/version", json={"versao": version}).json()
        return dict(switched[-1])

    assert switch(1)["avaliacao"] == first
    assert switch(2)["avaliacao"] == second
    old = switch(1)
    assert rate(member, {"message_id": old["id"]}, "boa") == 200
    assert switch(1)["avaliacao"] == {"nota": "boa", "motivo": None}
    old = switch(1)
    member.http.post(f"/chat/replies/{old['id']}/regenerate").raise_for_status()
    assert shown(member, reply) is None
    assert [switch(number)["avaliacao"] for number in (1, 2, 3)] == [second, second, None]
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    assert product.value("SELECT COUNT(*) FROM avaliacoes WHERE id_usuario = %s", user) == 2


def test_only_an_own_reply_is_rated(member: Person, people: People) -> None:
    reply, other = member.say("Oi"), people.member()
    assert rate(other, reply, "boa") == rate(other, {"message_id": 999999999}, "boa") == 404
    assert rate(member, {"message_id": reply["question_id"]}, "boa") == 404
    temporary = member.say("Oi", nova=True, temporaria=True)
    assert rate(member, temporary, "boa") == 404
    assert people.stranger().http.put("/chat/replies/1/rating", json={"nota": "boa"}).status_code == 401


@pytest.mark.parametrize("body", [{}, {"nota": "ótima"}, {"nota": "ruim", "motivo": "um texto meu"}])
def test_rating_takes_no_other_words(member: Person, body: dict[str, Any]) -> None:
    reply = member.say("Oi")
    assert member.http.put(f"/chat/replies/{reply['message_id']}/rating", json=body).status_code == 422


def test_operator_counts_ratings_without_text_or_user(member: Person, cloud: RunningCloud, product: Rows) -> None:
    product.run("DELETE FROM avaliacoes")
    for reason in ("tom", "tom", "tamanho"):
        rate(member, member.say("Segredo avaliado"), "ruim", reason)
    kept = member.say("Segredo avaliado", nova=True)
    rate(member, kept, "boa")
    member.http.delete(f"/conversation/{kept['conversation_id']}").raise_for_status()
    product.run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", member.email)
    counts = member.http.get("/admin").json()["avaliacoes"]
    model = counts[0]["modelo"]
    assert counts == [
        {"nota": "boa", "motivo": "", "modelo": model, "vezes": 1},
        {"nota": "ruim", "motivo": "tom", "modelo": model, "vezes": 2},
        {"nota": "ruim", "motivo": "tamanho", "modelo": model, "vezes": 1},
    ]
    page = member.http.get("/admin", headers={"accept": "text/html"}).text
    assert '<td data-label="Motivo">tom</td>' in page
    assert "Segredo" not in page
    product.run("UPDATE avaliacoes SET dia = dia - INTERVAL 401 DAY WHERE motivo = 'tom'")
    assert cloud.invoke("CleanupFunction", {})["ratings"] == 2
    assert product.value("SELECT COUNT(*) FROM avaliacoes") == 2


def test_ratings_are_exported_and_deleted_with_the_account(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    reply = member.say("Oi")
    rate(member, reply, "ruim", "outra")
    (exported,) = member.http.get("/profile/export").json()["avaliacoes"]
    assert (exported["id_mensagem"], exported["nota"], exported["motivo"]) == (reply["message_id"], "ruim", "outra")
    assert member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert product.value("SELECT COUNT(*) FROM avaliacoes WHERE id_usuario = %s", user) == 0
