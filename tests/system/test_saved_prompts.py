"""Saved prompts over HTTP: the routes, their limits, export and deletion."""

from typing import Any

import pytest

from falaai.repositories.saved_prompts import MOST_PROMPTS
from tests.support.people import PASSWORD, People, Person
from tests.support.rows import Rows

RECIPE = {"titulo": "Receita", "texto": "Receita de ___ para ___"}


def listed(person: Person) -> list[Any]:
    return list(person.http.get("/prompts").json())


def test_prompts_are_saved_changed_and_deleted(member: Person) -> None:
    added = member.http.post("/prompts", json={"titulo": " Receita\n boa ", "texto": " Receita de ___\r\ncom sal "})
    assert (added.status_code, added.json()["titulo"], added.json()["texto"]) == (
        *(201, "Receita boa"),
        "Receita de ___\ncom sal",
    )
    path = f"/prompts/{added.json()['id']}"
    assert member.http.patch(path, json=RECIPE).json() == {"id": added.json()["id"], **RECIPE}
    member.http.post("/prompts", json={"titulo": "Outra", "texto": "Oi"})
    assert [one["titulo"] for one in listed(member)] == ["Outra", "Receita"]
    assert member.http.delete(path).json() == {"message": "Mensagem apagada."}
    assert member.http.delete(path).status_code == 404
    assert [one["titulo"] for one in listed(member)] == ["Outra"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"titulo": " "}, "titulo"),
        ({"titulo": "x" * 51}, "titulo"),
        ({"texto": "\n"}, "texto"),
        ({"texto": "x" * 4001}, "texto"),
        ({"texto": None}, "texto"),
    ],
)
def test_prompt_needs_a_name_and_a_text(member: Person, change: dict[str, Any], field: str) -> None:
    answer = member.http.post("/prompts", json={**RECIPE, **change})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, field)
    assert listed(member) == []


def test_a_user_has_a_hundred_at_most(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    for number in range(MOST_PROMPTS):
        product.run(
            "INSERT INTO mensagens_prontas (id_usuario, titulo, texto, criado_em) VALUES (%s, %s, 'x', NOW(6))",
            user,
            number,
        )
    answer = member.http.post("/prompts", json=RECIPE)
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "titulo")
    assert len(listed(member)) == MOST_PROMPTS


def test_another_users_prompt_is_as_unknown_as_any(member: Person, people: People) -> None:
    prompt = member.http.post("/prompts", json=RECIPE).json()["id"]
    other = people.member()
    answers = [
        act(path)
        for path in (f"/prompts/{prompt}", "/prompts/999999999")
        for act in (lambda path: other.http.patch(path, json=RECIPE), other.http.delete)
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert len(listed(member)) == 1
    assert people.stranger().http.get("/prompts").status_code == 401


def test_prompts_are_exported_and_deleted_with_the_account(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    member.http.post("/prompts", json=RECIPE)
    (exported,) = member.http.get("/profile/export").json()["mensagens_prontas"]
    assert {name: exported[name] for name in RECIPE} == RECIPE
    assert member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert product.value("SELECT COUNT(*) FROM mensagens_prontas WHERE id_usuario = %s", user) == 0
