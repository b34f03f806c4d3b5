"""Keeping conversations over HTTP: pages, search, names, pins, deletion, taking away."""

import re
from typing import Any

import pytest

from falaai.repositories.search import SEARCHED_MESSAGES
from tests.support.people import OUR_PAGE, People, Person
from tests.support.rows import Rows
from tests.support.waiting import wait_until


def ids(person: Person, **query: Any) -> list[int]:
    return [one["id"] for one in person.http.get("/conversations", params=query).json()]


@pytest.fixture
def many(member: Person, product: Rows) -> list[int]:
    """Seven conversations, newest first; two of them used at the very same moment."""
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    made = [product.conversation(user, f"pergunta {day}", "resposta", days_old=day) for day in range(7)]
    product.run(
        "UPDATE conversas a JOIN conversas b ON b.id = %s SET a.data_atualizacao = b.data_atualizacao"
        " WHERE a.id = %s",
        made[2],
        made[3],
    )
    made[2], made[3] = made[3], made[2]
    return made


def test_pages_give_each_conversation_once_pinned_first(member: Person, many: list[int]) -> None:
    pinned = many[5]
    member.http.patch(f"/conversation/{pinned}", json={"fixada": True})
    seen, path = [], "/conversations?limit=3"
    while path:
        page = member.http.get(path)
        seen += [one["id"] for one in page.json()]
        found = re.match(r'<(.+)>; rel="next"', page.headers.get("link", ""))
        path = found[1] if found else ""
    assert seen == [pinned, *(one for one in many if one != pinned)]


@pytest.mark.parametrize("cursor", ["x", "1-2", "9-9-9", "0-99999999999999999-1", "0-9999999999999999-1"])
def test_invented_cursor_is_422_or_empty(member: Person, cursor: str) -> None:
    assert member.http.get("/conversations", params={"cursor": cursor}).status_code in (200, 422)


def test_search_finds_titles_and_content_whatever_case_and_accents(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    bread = product.conversation(user, "Como faço PÃO de queijo?", "Com polvilho.")
    other = product.conversation(user, "Outro assunto", "Nada a ver: 100% diferente_mesmo.")
    assert ids(member, q="pao de") == [bread]
    assert ids(member, q="POLVILHO") == [bread]
    assert ids(member, q="100%") == [other]
    assert ids(member, q="%") == [other]
    assert ids(member, q="e_m") == [other]
    assert ids(member, q="não existe") == []
    member.http.patch(f"/conversation/{other}", json={"titulo_conversa": "Receitas da vovó"})
    assert ids(member, q="vovo") == [other]


def test_search_of_very_many_messages_goes_page_by_page(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    old = product.conversation(user, "Pão", "Um pãozinho", days_old=3)
    longer = product.conversation(user, "Queijo", "Um queijinho", days_old=2)
    new = product.conversation(user, "Polvilho", "Um PÃOZINHO de polvilho", days_old=1)
    product.run("UPDATE conversas SET ultima_seq = %s WHERE id = %s", SEARCHED_MESSAGES, longer)
    first = member.http.get("/conversations", params={"q": "paozinho"})
    assert [one["id"] for one in first.json()] == [new]
    second = member.http.get(re.match(r'<(.+)>; rel="next"', first.headers["link"])[1])  # type: ignore[index]
    assert [one["id"] for one in second.json()] == [old]
    assert "link" not in second.headers
    full = member.http.get("/conversations", params={"q": "um", "limit": 1})
    assert [one["id"] for one in full.json()] == [new]
    assert "link" in full.headers


def test_chosen_name_stays(member: Person, product: Rows) -> None:
    conversation = member.say("Oi")["conversation_id"]
    renamed = member.http.patch(f"/conversation/{conversation}", json={"titulo_conversa": "  Meu   nome "})
    assert (renamed.status_code, renamed.json()["titulo_conversa"]) == (200, "Meu nome")
    member.say("De novo")
    assert product.value("SELECT titulo_manual FROM conversas WHERE id = %s", conversation) == 1
    assert member.http.get("/conversations").json()[0]["titulo_conversa"] == "Meu nome"


def test_chosen_name_loses_unseen_characters(member: Person, product: Rows) -> None:
    conversation = member.say("Oi")["conversation_id"]
    path = f"/conversation/{conversation}"
    renamed = member.http.patch(path, json={"titulo_conversa": "Conta\u2028de \u202e👩‍💻 \u2066fim\x00\u200f"})
    assert (renamed.status_code, renamed.json()["titulo_conversa"]) == (200, "Conta de 👩‍💻 fim")
    refused = member.http.patch(path, json={"titulo_conversa": "\u202e\u200d"})
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "titulo_conversa")
    # One that was stored before is no danger as the name of a file.
    product.run("UPDATE conversas SET titulo_conversa = 'a\u202efdp.exe\u2069' WHERE id = %s", conversation)
    taken = member.http.get(f"{path}/export").headers["content-disposition"]
    assert taken.endswith("filename*=UTF-8''a%20fdp%20exe.md")


@pytest.mark.parametrize("kind", ["md", "json"])
def test_long_conversation_is_taken_away_in_parts_with_nothing_left_out(
    member: Person, product: Rows, kind: str
) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    texts = [f"Início {number} " + '"' * 180_000 + f" fim {number}." for number in range(40)]
    conversation = product.conversation(user, *texts)
    path, whole, parts = f"/conversation/{conversation}/export?format={kind}", "", 0
    while path:
        taken = member.http.get(path)
        assert (taken.status_code, len(taken.content) < 3_000_000) == (200, True)
        whole, parts = whole + taken.text, parts + 1
        if path := taken.links.get("next", {}).get("url", ""):
            assert f"{member.http.base_url}".rstrip("/") + path in taken.text[-400:]
    assert parts > 3
    assert re.findall(r"Início (\d+)", whole) == re.findall(r"fim (\d+)", whole) == [str(n) for n in range(40)]


@pytest.mark.parametrize("body", [{"titulo_conversa": " "}, {"titulo_conversa": "x" * 51}, {"fixada": "talvez"}])
def test_bad_change_is_422(member: Person, body: dict[str, object]) -> None:
    conversation = member.say("Oi")["conversation_id"]
    assert member.http.patch(f"/conversation/{conversation}", json=body).status_code == 422


def test_deleted_is_gone_for_good(member: Person, product: Rows) -> None:
    conversation = member.say("Apague-me")["conversation_id"]
    assert member.http.delete(f"/conversation/{conversation}").status_code == 200
    assert ids(member) == []
    assert member.http.get(f"/conversation/{conversation}").status_code == 404
    assert member.http.get(f"/chat/{conversation}").status_code == 404
    assert member.http.delete(f"/conversation/{conversation}").status_code == 404
    assert member.say("Outra")["conversation_id"] != conversation
    product.run("UPDATE conversas SET apagada_em = apagada_em - INTERVAL 10 SECOND WHERE id = %s", conversation)
    assert member.http.post(f"/conversation/{conversation}/restore").status_code == 404
    cleaned = "SELECT (SELECT COUNT(*) FROM conversas WHERE id = %s) + COUNT(*) FROM mensagens WHERE id_conversa = %s"
    # By the message that the deletion has sent: the daily cleanup does not run here.
    wait_until(lambda: product.value(cleaned, conversation, conversation) == 0, "the deletion of the rows")


def test_deletion_is_undone(member: Person) -> None:
    conversation = member.say("Volte")["conversation_id"]
    member.http.patch(f"/conversation/{conversation}", json={"titulo_conversa": "Meu título", "fixada": True})
    member.say("Outra", nova=True)
    listed = member.http.get("/conversations").json()
    messages = member.http.get(f"/conversation/{conversation}").json()
    assert member.http.delete(f"/conversation/{conversation}").json() == {"message": "Conversa apagada."}
    assert f"[[{conversation}, " in member.http.get("/chat").text
    restored = member.http.post(f"/conversation/{conversation}/restore")
    assert (restored.status_code, restored.json()) == (200, listed[0])
    assert member.http.get("/conversations").json() == listed
    assert member.http.get(f"/conversation/{conversation}").json() == messages


def test_taken_away_as_markdown_and_json(member: Person) -> None:
    reply = member.say("Uma **pergunta** com ç")
    path = f"/conversation/{reply['conversation_id']}"
    member.http.patch(path, json={"titulo_conversa": 'Título "ç" /../'})
    markdown = member.http.get(f"{path}/export", params={"format": "md"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "filename*=UTF-8''T%C3%ADtulo" in markdown.headers["content-disposition"]
    assert "/" not in markdown.headers["content-disposition"].split("filename*=")[1].replace("UTF-8''", "")
    assert "Uma **pergunta** com ç" in markdown.text
    assert reply["response"] in markdown.text
    taken = member.http.get(f"{path}/export", params={"format": "json"}).json()
    assert [message["conteudo"] for message in taken["mensagens"]] == ["Uma **pergunta** com ç", reply["response"]]
    assert member.http.get(f"{path}/export", params={"format": "exe"}).status_code == 422


def test_conversation_of_another_user_cannot_be_changed(member: Person, people: People) -> None:
    theirs = people.member().say("Segredo")["conversation_id"]
    for method, path, body in [
        ("PATCH", "/conversation/{}", {"fixada": True}),
        ("DELETE", "/conversation/{}", None),
        ("POST", "/conversation/{}/restore", None),
        ("GET", "/conversation/{}/export", None),
    ]:
        answers = [member.http.request(method, path.format(one), json=body) for one in (theirs, 2_000_000_000)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_two_conversations_in_two_sessions_never_mix(member: Person, people: People) -> None:
    elsewhere = people.stranger(member.email)
    assert elsewhere.login().status_code == 200
    first = member.say("Meu nome é Anabela.")["conversation_id"]
    second = elsewhere.say("Meu nome é Bernardo.")["conversation_id"]
    assert first != second
    for _ in range(3):
        assert "Anabela" in member.say("Qual é o meu nome?")["response"]
        assert "Bernardo" in elsewhere.say("Qual é o meu nome?")["response"]
    assert {first, second} == set(ids(member))
    member.http.get(f"/conversation/{second}", headers=OUR_PAGE)
    assert "Bernardo" in member.say("Qual é o meu nome?")["response"]


def test_quota_is_a_portuguese_429_that_says_when(member: Person, product: Rows) -> None:
    member.say("Uma")
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    product.run("UPDATE uso_diario SET mensagens = 200 WHERE id_usuario = %s", user)
    for refused in (
        member.http.post("/chat/message", json={"message": "Mais uma"}),
        member.http.post("/chat/stream", json={"message": "Mais uma"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_reached")
        assert "meia-noite, horário de São Paulo" in refused.json()["detail"]
        assert refused.json()["resets_at"].endswith("T00:00:00-03:00")
        assert 0 < int(refused.headers["retry-after"]) <= 24 * 3600 + 1
    assert product.value("SELECT mensagens FROM uso_diario WHERE id_usuario = %s", user) == 200


def test_large_body_is_413(member: Person) -> None:
    answer = member.http.post("/chat/message", json={"message": "x" * 300_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_messages_after_the_shown_ones_are_loaded_alone(member: Person) -> None:
    """For a page that is open in another tab: it has the others, and it activates nothing."""
    first = member.say("Uma", nova=True)["conversation_id"]
    member.say("Duas", conversation_id=first)
    active = member.say("Outra conversa", nova=True)["conversation_id"]
    found = member.http.get(f"/conversation/{first}?limit=1&after=3", headers=OUR_PAGE)
    assert [one["seq"] for one in found.json()] == [4]
    assert "link" not in found.headers
    assert [one["seq"] for one in member.http.get(f"/conversation/{first}?after=2").json()] == [3, 4]
    assert member.http.get(f"/conversation/{first}?after=4").json() == []
    assert member.say("Segue aqui")["conversation_id"] == active
