"""Replies that search the web, over HTTP: sources, exact citations, suggestions, quota, and a search that fails."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from fakes.gemini_web import find_pages, metadata
from falaai.web import texts
from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService

QUESTION = "Como está a inflação?"
USED_UP = "UPDATE uso_diario SET buscas = 20 WHERE id_usuario = (SELECT id FROM usuarios WHERE email = %s)"
USE = (
    "SELECT d.mensagens, d.buscas, d.consultas FROM uso_diario d JOIN usuarios u ON u.id = d.id_usuario"
    " WHERE u.email = %s"
)

FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox;"
    " frame-ancestors 'self'"
)


@pytest.fixture
def gemini(cloud: RunningCloud) -> Iterator[FakeService]:
    fake = FakeService(cloud.addresses["gemini"])
    yield fake
    fake.fault(fault=None)
    pace(fake, delay=0.03)


def pace(fake: FakeService, **values: Any) -> None:
    httpx.put(f"{fake.url}/admin/pace", json=values).raise_for_status()


def cited(answer: dict[str, Any]) -> list[str]:
    """Return the words of the stored text that the citations of an answer support."""
    return [answer["response"][one["inicio"] : one["fim"]] for one in answer["pesquisa"]["citacoes"]]


def test_reply_has_its_sources_and_each_citation_ends_at_its_words(member: Person, product: Rows) -> None:
    answer = member.say(QUESTION, buscar=True)
    found, pages = answer["pesquisa"], find_pages(QUESTION)
    assert found["fontes"] == [
        {"titulo": page.domain, "dominio": page.domain, "url": page.redirect} for page in pages
    ]
    assert cited(answer) == [page.sentence for page in pages]
    assert [one["fontes"] for one in found["citacoes"]] == [[1], [2]]
    assert (found["consultas"], found["sugestoes"], found["aviso"], found["frase"]) == ([QUESTION], True, None, None)
    for number, page in enumerate(pages, 1):
        assert f'href="{page.redirect}"' in answer["html"]
        assert f'title="{page.domain}"' in answer["html"]
        assert f">{number}</a></sup>" in answer["html"]
    assert 'rel="noopener noreferrer nofollow"' in answer["html"]
    assert product.list(USE, member.email) == [{"mensagens": 1, "buscas": 1, "consultas": 1}]


def test_sources_are_the_same_in_every_form_of_the_reply(member: Person) -> None:
    answer = member.say(QUESTION, buscar=True)
    path = f"/chat/replies/{answer['message_id']}"
    polled = member.http.get(path).json()
    listed = member.http.get(f"/conversation/{answer['conversation_id']}").json()
    exported = member.http.get(f"/conversation/{answer['conversation_id']}/export?format=json").json()["mensagens"]
    for one in (polled, listed[1], exported[1]):
        assert one["pesquisa"] == answer["pesquisa"]
    assert polled["html"] == listed[1]["html"] == answer["html"]
    assert listed[0]["pesquisa"] is None
    plain = member.say("E o que mais?")
    assert plain["pesquisa"] is None


def test_stream_sends_the_sources_just_before_the_end(member: Person) -> None:
    with member.stream(QUESTION, buscar=True) as events:
        received = list(events)
    assert [name for name, _ in received[-2:]] == ["sources", "done"]
    assert [one["dominio"] for one in received[-2][1]["fontes"]] == [page.domain for page in find_pages(QUESTION)]
    assert '<sup class="citation">' in received[-1][1]["html"]
    with member.stream("Sem buscar?") as events:
        assert "sources" not in [name for name, _ in events]


def test_gemini_gets_exactly_two_tools_and_only_if_asked(member: Person, gemini: FakeService) -> None:
    member.say("Previsão do tempo?", buscar=True)
    member.say("Previsão do tempo, sem buscar?")
    asked = [one["body"] for one in gemini.requests() if "contents" in one["body"]]
    tools = {
        one["contents"][-1]["parts"][0]["text"]: one.get("tools")
        for one in asked
        if "tempo" in one["contents"][-1]["parts"][0]["text"]
    }
    assert tools["Previsão do tempo?"] == [{"googleSearch": {}}, {"urlContext": {}}]
    assert tools["Previsão do tempo, sem buscar?"] is None


def test_page_that_the_question_names_is_read_by_gemini(member: Person) -> None:
    answer = member.say("Leia este link: https://receitas.example/queijo", buscar=True)
    assert [one["dominio"] for one in answer["pesquisa"]["fontes"]] == ["receitas.example"]


def test_answer_without_a_search_says_so(member: Person, product: Rows) -> None:
    answer = member.say("Oi, tudo bem?", buscar=True)
    assert answer["pesquisa"] == {
        "fontes": [],
        "citacoes": [],
        "consultas": [],
        "sugestoes": False,
        "aviso": "no_search",
        "frase": texts.SEARCH_NOTICES["no_search"],
    }
    assert product.value("SELECT buscada_em FROM mensagens WHERE id = %s", answer["message_id"]) is None


@pytest.mark.parametrize("chunks", [1, 2])
def test_metadata_in_two_chunks_is_not_doubled(member: Person, gemini: FakeService, chunks: int) -> None:
    text = "Ação é ação 🎉. **Não** há café\u0301. Fim da resposta longa, com mais palavras."
    page = find_pages("juros")[0]
    grounding = metadata(text, [(page, "Ação é ação 🎉"), (page, "café\u0301")], "juros")
    pace(gemini, delay=0, text=text, grounding=grounding, grounding_chunks=chunks)
    answer = member.say("Quais são os juros?", buscar=True)
    assert cited(answer) == ["Ação é ação 🎉", "café\u0301"]
    assert len(answer["pesquisa"]["fontes"]) == len(answer["pesquisa"]["consultas"]) == 1
    page_html = member.http.get(f"/chat/replies/{answer['message_id']}/sugestoes").text
    assert page_html == grounding["searchEntryPoint"]["renderedContent"]


def attributes_of(html: str) -> set[str]:
    """Return the names of all attributes, as a browser reads them."""
    found = set[str]()
    parser = HTMLParser()
    parser.handle_starttag = lambda _tag, attributes: found.update(name for name, _ in attributes)  # type: ignore[method-assign]
    parser.feed(html)
    return found


def test_hostile_pages_stay_inert_in_every_form(member: Person, gemini: FakeService) -> None:
    text = "Isto é <b>uma</b> frase."
    titles = [
        "<script>alert(1)</script>",
        "\u202egnp.exe\u202c\u200b",
        "x" * 10_000,
        '" onmouseover="alert(1)',
        "bom",
    ]
    addresses = [
        *("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "https://a.example/" + "x" * 10_000),
        *('https://a.example/"onclick="alert(1)', "https://bom.example/<script>"),
    ]
    chunks = [{"web": {"title": title, "uri": uri}} for title in titles for uri in addresses]
    place = {"startIndex": 0, "endIndex": 7, "text": "Isto é"}
    support = {"segment": place, "groundingChunkIndices": [*range(len(chunks))]}
    found = {"webSearchQueries": ["<script>"], "groundingChunks": chunks, "groundingSupports": [support]}
    pace(gemini, delay=0, text=text, grounding=found)
    answer = member.say("Notícias?", buscar=True)
    assert {one["url"] for one in answer["pesquisa"]["fontes"]} == set(addresses[3:])
    assert max(len(one["titulo"]) for one in answer["pesquisa"]["fontes"]) == 200
    assert not any(character in str(answer["pesquisa"]) for character in ("\u202e", "\u200b"))
    page = member.http.get(f"/chat/{answer['conversation_id']}", headers={"accept": "text/html"}).text
    exported = member.http.get(f"/conversation/{answer['conversation_id']}/export").text
    for html in (answer["html"], page):
        assert "<script>alert" not in html
        assert "javascript:" not in html
        assert not [name for name in attributes_of(html) if name.startswith("on")]
    assert "<script>" not in exported
    assert "Isto é[1][2][3][4][5][6][7][8] <b>" in exported


def test_suggestions_are_unaltered_and_have_no_rights(member: Person, people: People) -> None:
    answer = member.say(QUESTION, buscar=True)
    path = f"/chat/replies/{answer['message_id']}/sugestoes"
    shown = member.http.get(path)
    assert shown.text == metadata("x", [], QUESTION)["searchEntryPoint"]["renderedContent"]
    assert shown.headers.get_list("content-security-policy") == [FRAME_POLICY]
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert shown.headers["cache-control"] == "no-store"
    assert "x-frame-options" not in member.http.get("/chat").headers
    assert "frame-src 'self'" in member.http.get("/chat").headers["content-security-policy"]
    plain = member.say("Sem buscar?")
    refused = [
        people.member().http.get(path),
        member.http.get(f"/chat/replies/{plain['message_id']}/sugestoes"),
        member.http.get("/chat/replies/1999999999/sugestoes"),
    ]
    assert {(one.status_code, one.content) for one in refused} == {(404, refused[0].content)}


def test_used_up_searches_are_refused_before_anything_is_stored(member: Person, product: Rows) -> None:
    answer = member.say(QUESTION, buscar=True)
    product.run(USED_UP, member.email)
    stored = "SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s"
    refused = member.http.post("/chat/message", json={"message": "Notícias?", "buscar": True})
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_searches")
    assert refused.json()["detail"] == texts.ERRORS["daily_searches"]
    assert product.value(stored, answer["conversation_id"]) == 2
    assert member.http.post("/chat/message", json={"message": "Notícias?"}).status_code == 200
    assert product.value(stored, answer["conversation_id"]) == 4


@pytest.mark.parametrize("fault", ["400", "429", "503", "timeout"])
def test_reply_comes_without_a_search_that_is_unavailable_and_is_not_counted_as_one(
    member: Person, product: Rows, gemini: FakeService, fault: str
) -> None:
    gemini.fault(fault=fault, searching=True)
    answer = member.say(QUESTION, buscar=True)
    assert answer["estado"] == "completa"
    assert answer["pesquisa"]["aviso"] == "search_unavailable"
    assert answer["pesquisa"]["frase"] == texts.SEARCH_NOTICES["search_unavailable"]
    assert product.list(USE, member.email) == [{"mensagens": 1, "buscas": 0, "consultas": 0}]


def test_failure_without_a_word_counts_neither_as_a_message_nor_as_a_search(
    member: Person, product: Rows, gemini: FakeService
) -> None:
    gemini.fault(fault="503")
    assert member.http.post("/chat/message", json={"message": QUESTION, "buscar": True}).status_code == 503
    assert product.list(USE, member.email) == [{"mensagens": 0, "buscas": 0, "consultas": 0}]


def test_repeated_question_must_search_as_before(member: Person) -> None:
    first = member.say(QUESTION, buscar=True, client_id="uma-vez")
    again = member.say(QUESTION, buscar=True, client_id="uma-vez")
    assert (again["message_id"], again["pesquisa"]) == (first["message_id"], first["pesquisa"])
    other = member.http.post("/chat/message", json={"message": QUESTION, "client_id": "uma-vez"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


def test_another_version_has_a_search_of_its_own(member: Person) -> None:
    first = member.say(QUESTION, buscar=True)
    path = f"/chat/replies/{first['message_id']}/regenerate"
    again = member.http.post(path, json={}).json()
    assert again["pesquisa"] is None
    assert member.http.get(f"/chat/replies/{first['message_id']}/sugestoes").status_code == 404
    shown = member.http.post(f"/chat/messages/{first['message_id']}/version", json={"versao": 1}).json()
    assert shown[-1]["pesquisa"] == first["pesquisa"]
    assert member.http.get(f"/chat/replies/{shown[-1]['id']}/sugestoes").status_code == 200
    edit = f"/chat/messages/{first['question_id']}/edit"
    edited = member.http.post(edit, json={"message": "E os juros?", "buscar": True}).json()
    assert [one["dominio"] for one in edited["pesquisa"]["fontes"]] == ["economia.example"]


def test_default_of_the_person_is_off_and_can_be_changed(member: Person, product: Rows) -> None:
    stored = "SELECT buscar FROM usuarios WHERE email = %s"
    assert product.value(stored, member.email) == 0
    assert member.http.put("/profile/search", json={"buscar": True}).json() == {"message": texts.SEARCH_ON}
    assert product.value(stored, member.email) == 1
    assert member.http.get("/profile/export").json()["usuarios"][0]["buscar"] == 1
    assert member.http.put("/profile/search", json={"buscar": False}).json() == {"message": texts.SEARCH_OFF}
    assert product.value(stored, member.email) == 0
