"""Chat routes over HTTP, through the whole devcloud."""

import re

import httpx
import pytest

from tests.support.people import OUR_PAGE, PASSWORD, People, Person
from tests.support.running_cloud import RunningCloud


def test_conversation_goes_on_where_the_person_is(member: Person) -> None:
    first = member.say("Primeira")["conversation_id"]
    assert member.say("E segue")["conversation_id"] == first
    assert member.http.post("/reset_chat").status_code == 200
    second = member.say("Outra")["conversation_id"]
    assert second != first
    member.http.get(f"/conversation/{first}", headers=OUR_PAGE)
    assert member.say("De volta à primeira")["conversation_id"] == first
    assert member.say("Na segunda", conversation_id=second)["conversation_id"] == second
    assert [one["id"] for one in member.http.get("/conversations").json()] == [second, first]


def texts_of(member: Person, conversation_id: int) -> list[str]:
    return [one["conteudo"] for one in member.http.get(f"/conversation/{conversation_id}").json()]


@pytest.mark.parametrize("streamed", [True, False])
def test_edit_keeps_the_old_version_with_what_followed(member: Person, streamed: bool) -> None:
    first = member.say("Uma")
    member.say("Duas")
    conversation = first["conversation_id"]
    before = texts_of(member, conversation)
    # Pages of an earlier release still send `seguintes`.
    edit = {"message": "Uma, de outro jeito", "client_id": "edicao", "seguintes": 1}
    path = f"/chat/messages/{first['question_id']}/edit"
    if streamed:
        path, edit = "/chat/stream", {**edit, "edit": first["question_id"]}
    for _ in range(2):  # the second time its answer was lost
        assert member.http.post(path, json=edit).status_code == 200
        assert texts_of(member, conversation)[::2] == ["Uma, de outro jeito"]
    question = member.http.get(f"/conversation/{conversation}").json()[0]
    assert (question["versao"], question["versoes"]) == (2, 2)
    switched = member.http.post(f"/chat/messages/{question['id']}/version", json={"versao": 1})
    assert switched.status_code == 200
    shown = switched.json()[0]
    assert (shown["conteudo"], shown["versao"], shown["versoes"]) == ("Uma", 1, 2)
    assert [one["conteudo"] for one in switched.json()] == before == texts_of(member, conversation)


def test_versions_are_found_marked_and_exported(member: Person) -> None:
    first = member.say("O manjericão precisa de sol")
    edit = {"message": "A hortelã precisa de sombra"}
    member.http.post(f"/chat/messages/{first['question_id']}/edit", json=edit).raise_for_status()
    (hit,) = member.http.get("/conversations", params={"q": "manjericao"}).json()
    assert (hit["seq"], hit["trecho"][1]) == (1, "manjericão")
    hidden = hit["outra_versao"]
    (shown,) = member.http.get("/conversations", params={"q": "hortela"}).json()
    assert "outra_versao" not in shown
    stored = member.http.get("/profile/export").json()["mensagens"]
    assert [(one["conteudo"], one["versao"], one["ramo"] is None) for one in stored if one["seq"] == 1] == [
        ("A hortelã precisa de sombra", 2, True),
        ("O manjericão precisa de sol", 1, False),
    ]
    found = member.http.post(f"/chat/messages/{hidden}/version", json={})
    assert found.json()[0]["conteudo"] == "O manjericão precisa de sol"


def test_version_of_another_users_message_is_like_an_unknown_one(member: Person, people: People) -> None:
    theirs = people.member().say("Deles")["question_id"]
    answers = [
        member.http.post(f"/chat/messages/{message_id}/version", json={"versao": 1}) for message_id in (theirs, 10**9)
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/conversation/{}", {}),
        ("/conversation/{}", {"sec-fetch-site": "cross-site"}),
        ("/conversation/{}", {"sec-fetch-site": "same-site"}),
        ("/conversation/{}", {"sec-fetch-site": "none"}),
        ("/conversation/{}?before=2", OUR_PAGE),
        ("/conversation/{}/export", OUR_PAGE),
        ("/chat/{}", OUR_PAGE),
        ("/chat/{}", {"sec-fetch-site": "cross-site"}),
    ],
)
def test_reading_leaves_the_active_conversation_as_it_is(member: Person, path: str, headers: dict[str, str]) -> None:
    read = member.say("Primeira")["conversation_id"]
    active = member.say("Outra", nova=True)["conversation_id"]
    assert member.http.get(path.format(read), headers=headers).status_code == 200
    assert member.say("Sem dizer onde")["conversation_id"] == active


def test_new_conversation_is_asked_for_whatever_is_active(member: Person) -> None:
    first = member.say("Primeira")["conversation_id"]
    second = member.say("Outra", nova=True, client_id="nova-1")["conversation_id"]
    assert second != first
    member.say("De volta", conversation_id=first)
    with member.stream("Terceira", nova=True) as events:
        third = next(events)[1]["conversation_id"]
        assert [name for name, _ in events][-1] == "done"
    assert third not in (first, second)
    member.say("De volta", conversation_id=first)
    assert member.say("Outra", nova=True, client_id="nova-1")["conversation_id"] == second
    assert member.say("Sem dizer onde")["conversation_id"] == first
    assert len(member.http.get("/conversations").json()) == 3


@pytest.mark.parametrize("path", ["/chat/message", "/chat/stream"])
def test_new_and_named_conversation_together_are_422(member: Person, path: str) -> None:
    first = member.say("Primeira")["conversation_id"]
    answer = member.http.post(path, json={"message": "Onde?", "nova": True, "conversation_id": first})
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "nova")
    assert len(member.http.get(f"/conversation/{first}").json()) == 2


@pytest.mark.parametrize("path", ["/chat/message", "/chat/stream"])
def test_question_of_another_persons_page_is_refused(member: Person, people: People, path: str) -> None:
    other = people.member()
    login = {"email": other.email, "senha": PASSWORD}
    other_id = other.http.post("/login", json=login).json()["user_id"]
    answer = member.http.post(path, json={"message": "De quem?", "nova": True, "user_id": other_id})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert member.http.get("/conversations").json() == []
    own = other.http.post(path, json={"message": "Minha", "nova": True, "user_id": other_id})
    assert own.status_code == 200


def test_same_client_id_is_one_question(member: Person) -> None:
    first = member.say("Só uma vez", client_id="um")
    second = member.say("Só uma vez", client_id="um")
    assert second["message_id"] == first["message_id"]
    assert len(member.http.get(f"/conversation/{first['conversation_id']}").json()) == 2
    other = member.http.post("/chat/message", json={"message": "Outra", "client_id": "um"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


def test_pages_of_a_long_conversation(member: Person) -> None:
    for number in range(3):
        conversation = member.say(f"Mensagem {number}")["conversation_id"]
    newest = member.http.get(f"/conversation/{conversation}", params={"limit": 4})
    assert [message["seq"] for message in newest.json()] == [3, 4, 5, 6]
    found = re.match(r'<(.+)>; rel="next"', newest.headers["link"])
    assert found is not None
    older = member.http.get(found[1])
    assert [message["seq"] for message in older.json()] == [1, 2]
    assert "link" not in older.headers


def test_times_and_fields_are_the_contracts(member: Person) -> None:
    conversation = member.say("Oi")["conversation_id"]
    (listed,) = member.http.get("/conversations").json()
    assert {"id", "titulo_conversa", "data_criacao", "data_atualizacao", "fixada"} <= set(listed)
    assert listed["data_atualizacao"] > 1_700_000_000_000
    message = member.http.get(f"/conversation/{conversation}").json()[0]
    assert {"id", "seq", "remetente", "conteudo", "html", "estado", "data_envio"} <= set(message)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", message["data_envio"])


def test_conversation_of_another_user_answers_like_an_unknown_one(member: Person, people: People) -> None:
    theirs = people.member().say("Segredo")["conversation_id"]
    for method, path, body in [
        ("GET", "/conversation/{}", None),
        ("GET", "/chat/{}", None),
        ("POST", "/chat/message", {"message": "Oi"}),
    ]:
        answers = [
            member.http.request(method, path.format(one), json=body and {**body, "conversation_id": one})
            for one in (theirs, 2_000_000_000)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("429", 503, "model_rate_limited"), ("blocked", 422, "model_blocked"), ("cut", 502, "model_interrupted")],
)
def test_failed_reply_keeps_the_question_and_is_answered_at_the_next_try(
    member: Person, cloud: RunningCloud, fault: str, status: int, code: str
) -> None:
    admin = f"{cloud.addresses['gemini']}/admin/faults"
    question = {"message": "Vai falhar?", "client_id": "f-1"}
    httpx.put(admin, json={"fault": fault}).raise_for_status()
    try:
        failed = member.http.post("/chat/message", json=question)
    finally:
        httpx.put(admin, json={"fault": None}).raise_for_status()
    assert (failed.status_code, failed.json()["code"]) == (status, code)
    conversation = failed.json()["conversation_id"]
    stored = member.http.get(f"/conversation/{conversation}").json()
    assert (stored[0]["conteudo"], stored[1]["estado"], stored[1]["erro"]) == ("Vai falhar?", "erro", code)
    assert member.http.post("/chat/message", json=question).status_code == 200
    assert [message["estado"] for message in member.http.get(f"/conversation/{conversation}").json()] == [
        "completa",
        "completa",
    ]


@pytest.mark.parametrize(
    "text",
    ["🧀🇧🇷 pão", "שלום مرحبا", "x" * 32_000, "linha\nlinha\ttab", "<script>alert(1)</script>", "'; DROP TABLE--"],
)
def test_any_text_is_kept_as_written(member: Person, text: str) -> None:
    conversation = member.say(text)["conversation_id"]
    assert member.http.get(f"/conversation/{conversation}").json()[0]["conteudo"] == text
    assert "<script>alert" not in member.http.get("/chat").text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": ""},
        {"message": "  \n"},
        {"message": "x" * 32_001},
        {"message": 5},
        {"message": "oi", "language": "<b>"},
        {"message": "oi", "client_id": "a b"},
        {"message": "oi", "conversation_id": "x"},
    ],
)
def test_bad_message_is_a_portuguese_422_and_stores_nothing(member: Person, body: dict[str, object]) -> None:
    answer = member.http.post("/chat/message", json=body)
    assert answer.status_code == 422
    assert answer.json()["fields"]
    assert member.http.get("/conversations").json() == []


def test_lone_surrogate_is_422(member: Person) -> None:
    answer = member.http.post(
        "/chat/message", content=b'{"message": "\\ud800"}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
