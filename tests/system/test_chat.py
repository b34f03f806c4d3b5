"""Chat routes over HTTP, through the whole devcloud."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.people import OUR_PAGE, PASSWORD, People, Person
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until


def test_other_process_answers_with_what_the_first_one_heard(member: Person, cloud: RunningCloud) -> None:
    member.http.patch("/memory", json={"pausada": True})  # the name must come from the conversation
    assert "Recebi 1 mensagem" in member.say("Meu nome é Anabela.")["response"]
    first = cloud.function_processes("ChatFunction")
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(cloud.function_processes("ChatFunction")) & set(first), "the processes to end")
    second = member.say("Qual é o meu nome?")["response"]
    assert "Recebi 3 mensagens" in second
    assert "Anabela" in second
    assert cloud.function_processes("ChatFunction")


@pytest.mark.parametrize("name", ["AuthFunction", "ChatFunction", "TitlesFunction", "EmailFunction"])
def test_killing_a_function_leaves_the_system_serving(
    member: Person, people: People, cloud: RunningCloud, name: str
) -> None:
    # A request that waits for the start of a process fails with it, so no process may be starting.
    wait_until(lambda: set(cloud.process_states(name)) == {"idle"}, "the processes that earlier tests replaced")
    for pid in cloud.function_processes(name):
        os.kill(pid, signal.SIGKILL)
    conversation = member.say("Ainda está aí?")["conversation_id"]
    assert member.http.get("/profile").status_code == 200
    wait_until(lambda: member.http.get("/conversations").json()[0]["titulo_conversa"] != "Ainda está aí?", "a title")
    assert member.http.get("/conversations").json()[0]["id"] == conversation
    newcomer = people.stranger()  # registration and its email work too
    assert newcomer.register().status_code == 201
    assert newcomer.confirm().status_code == 303


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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/conversations"),
        ("GET", "/conversation/1"),
        ("POST", "/reset_chat"),
        ("POST", "/chat/message"),
        ("GET", "/chat"),
        ("GET", "/profile"),
    ],
)
def test_strangers_get_401(cloud: RunningCloud, method: str, path: str) -> None:
    answer = httpx.request(method, cloud.gateway + path, json={"message": "oi"}, headers={"origin": cloud.gateway})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_twenty_at_once_each_get_their_answer(member: Person) -> None:
    """Three of them at a time; a refused one is stored only when it is sent again and taken."""
    member.say("Início")

    def answered(number: int) -> dict[str, Any] | None:
        answer = member.http.post("/chat/message", json={"message": f"Pergunta {number}"})
        if answer.status_code == 429:
            assert answer.json()["code"] == "too_many_replies"
            return None
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda number: wait_until(lambda: answered(number), "a free place"), range(20)))
    conversation = replies[0]["conversation_id"]
    stored = member.http.get(f"/conversation/{conversation}", params={"limit": 100}).json()
    assert [message["seq"] for message in stored] == list(range(1, 43))
    for question, reply in zip(stored[::2], stored[1::2], strict=True):
        assert question["conteudo"] in reply["conteudo"]


def test_chat_page_shows_the_conversation_without_scripts(member: Person) -> None:
    conversation = member.say("Uma <b>lista</b> de frutas")["conversation_id"]
    page = without_templates(member.http.get(f"/chat/{conversation}").text)
    assert "Uma &lt;b&gt;lista&lt;/b&gt; de frutas" in page
    assert "Oi, Ana." not in page
    member.http.post("/reset_chat")
    assert "Oi, Ana." in without_templates(member.http.get("/chat").text)


def without_templates(page: str) -> str:
    """Return a page without its <template> elements, which only scripts show."""
    return re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)


def test_static_files_are_kept_for_a_year_and_scripts_come_whole(cloud: RunningCloud, member: Person) -> None:
    page = member.http.get("/chat").text
    paths = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    assert {path.rsplit(".", 1)[1] for path in paths} == {"js", "css", "svg", "png"}
    for path in paths:
        file = httpx.get(cloud.gateway + path)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        plain = httpx.get(cloud.gateway + path, headers={"accept-encoding": "identity"})
        coding = None if path.endswith(".png") else "gzip"  # a PNG is compressed already
        assert (file.headers.get("content-encoding"), "content-encoding" in plain.headers) == (coding, False)
        assert plain.content == file.content
        assert not re.search(r"^(import|export)\b", file.text, re.MULTILINE)
    assert httpx.get(f"{cloud.gateway}/static/chat.js").status_code == 404


def test_health(cloud: RunningCloud) -> None:
    for path in ("/health", "/health?deep=1"):
        answer = httpx.get(cloud.gateway + path)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("path", ["/nada", "/chat/1/nada", "/static/chat/nada/nada.js", "/conversation/1/nada?x=<b>"])
def test_unknown_address_is_404_with_a_page_for_browsers(cloud: RunningCloud, path: str) -> None:
    answer = httpx.get(f"{cloud.gateway}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    page = httpx.get(f"{cloud.gateway}{path}", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Não encontramos o que você procura" in page.text
    assert 'href="/"' in page.text
    assert "nada" not in page.text
    sent = httpx.post(f"{cloud.gateway}{path}", headers={"accept": "text/html"})
    assert (sent.status_code, sent.json()["code"]) == (404, "not_found")
    for one in (answer, page, sent):
        assert one.headers["x-content-type-options"] == "nosniff"


def test_cleanup_runs_as_the_schedule_calls_it(cloud: RunningCloud) -> None:
    deleted = cloud.invoke("CleanupFunction", {"source": "aws.scheduler"})
    assert set(deleted) >= {"conversations", "messages", "sessions", "tokens", "counters"}
