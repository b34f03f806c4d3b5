"""Files in a talk over HTTP: read once, then known by their digests, also after a month."""

from typing import Any

import httpx
import pytest

from tests.support.attachments import announce, attach
from tests.support.people import People, Person
from tests.support.rows import Rows
from tests.support.services import FakeService
from tests.support.uploaded_files import pdf, wav
from tests.support.waiting import wait_until

QUESTIONS = 20
MOST_MORE_TOKENS = 1500
# Ten pages of a rental contract, of 600 characters each.
CONTRACT = pdf(10, "O valor do aluguel é 1850 reais. " + "As partes cumprem este contrato em boa ordem. " * 12)


def digest_of(person: Person, attachment_id: int) -> dict[str, Any]:
    """Wait for the digest of an attachment. Returns the attachment."""

    def find() -> dict[str, Any] | None:
        found = person.http.get(f"/chat/attachments/{attachment_id}").json()
        return dict(found) if found["resumo_estado"] == "pronto" else None

    return dict(wait_until(find, "the digest is written"))


def input_tokens(product: Rows, conversation_id: int) -> list[int]:
    """Return the input tokens that Gemini counted for each reply."""
    replies = "SELECT tokens_entrada FROM mensagens WHERE id_conversa = %s AND remetente = 'ia' ORDER BY seq"
    return [row["tokens_entrada"] for row in product.list(replies, conversation_id)]


def test_twenty_questions_after_a_pdf_cost_little_more_and_a_month_later_it_still_answers(
    people: People, product: Rows, gemini: FakeService
) -> None:
    httpx.put(f"{gemini.url}/admin/pace", json={"delay": 0}).raise_for_status()
    ana, bia = people.member(), people.member()
    file = attach(ana, CONTRACT, "contrato.pdf")
    ids = [
        ana.say("O que é isto?", anexos=[file["id"]])["conversation_id"],
        bia.say("O que é isto?")["conversation_id"],
    ]
    for number in range(1, QUESTIONS + 1):
        if number == 3:  # the first two questions may come before the digest
            assert "1850 reais" in digest_of(ana, file["id"])["resumo"]
        for person, conversation_id in zip((ana, bia), ids, strict=True):
            person.say(f"Pergunta {number} sobre o contrato, com algumas palavras.", conversation_id=conversation_id)
    with_file, without = (input_tokens(product, conversation_id) for conversation_id in ids)
    assert with_file[0] - without[0] >= 2580  # the pages themselves, once
    more = [one - other for one, other in zip(with_file[1:], without[1:], strict=True)]
    print("input tokens more for each later question:", more)
    assert len(more) == QUESTIONS
    assert max(more) <= MOST_MORE_TOKENS
    assert min(more) > 0

    for table, columns in {
        "conversas": ("data_criacao", "data_atualizacao"), "mensagens": ("data_envio",), "anexos": ("criado_em",),
    }.items():  # fmt: skip
        for column in columns:
            key = "id" if table == "conversas" else "id_conversa"
            product.run(f"UPDATE {table} SET {column} = {column} - INTERVAL 30 DAY WHERE {key} = %s", ids[0])
    answer = ana.say("Qual é o valor do aluguel?", conversation_id=ids[0])
    assert "1850 reais" in answer["response"]
    assert [one for one in requests_about(gemini, "Qual é o valor do aluguel?") if one["files"]] == []
    assert "1850" not in bia.say("Qual é o valor do aluguel?", conversation_id=ids[1])["response"]


def requests_about(gemini: FakeService, question: str) -> list[dict[str, Any]]:
    """Return the requests for replies whose last turn is this question."""
    return [
        one
        for one in gemini.requests()
        if one["method"] == "streamGenerateContent"
        and one["body"]["contents"][-1]["parts"][-1].get("text") == question
    ]


def test_sound_is_streamed_transcribed_and_read_again_on_request(member: Person, gemini: FakeService) -> None:
    file = attach(member, wav(3), "recado.wav")
    with member.stream("O que diz o áudio?", anexos=[file["id"]]) as events:
        found = dict(events)
    assert found["done"]["estado"] == "completa"
    (sent,) = requests_about(gemini, "O que diz o áudio?")
    assert [one["media_type"] for one in sent["files"]] == ["audio/wav"]
    written = digest_of(member, file["id"])
    assert "um áudio de 3 segundos" in written["transcricao"]
    conversation_id = found["start"]["conversation_id"]
    with member.stream("Releia.", conversation_id=conversation_id, reler=[file["id"]]) as events:
        assert dict(events)["done"]["estado"] == "completa"
    (again,) = requests_about(gemini, "Releia.")
    assert [one["sha256"] for one in again["files"]] == [one["sha256"] for one in sent["files"]]
    question = member.http.get(f"/conversation/{conversation_id}").json()[0]
    (shown,) = question["anexos"]
    assert "transcricao" not in shown
    assert shown == {name: value for name, value in written.items() if name not in ("resumo", "transcricao")}


@pytest.mark.parametrize("path", ["/chat/message", "/chat/stream"])
def test_attachment_of_another_user_is_refused_like_an_unknown_one(people: People, path: str) -> None:
    ana, bia = people.member(), people.member()
    theirs = attach(bia, pdf(1))["id"]
    refusals = [
        ana.http.post(path, json={"message": "Oi", field: [one]})
        for field in ("anexos", "reler")
        for one in (theirs, 999_999_999)
    ]
    assert {refused.status_code for refused in refusals} == {404}
    assert len({refused.content for refused in refusals}) == 1
    assert ana.http.get("/conversations").json() == []


def test_upload_that_is_not_ready_is_refused(member: Person) -> None:
    unready = announce(member, b"x").json()["id"]
    refused = member.http.post("/chat/message", json={"message": "Oi", "anexos": [unready]})
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment_not_ready")


@pytest.mark.parametrize(
    "body",
    [
        {"anexos": [1, 1]},
        {"anexos": [1, 2, 3, 4, 5, 6]},
        {"anexos": [0]},
        {"reler": [2**63]},
        {"anexos": "1"},
        {"anexos": [1], "regenerate": 1},
    ],
)
def test_list_of_attachments_that_breaks_a_rule_is_invalid(member: Person, body: dict[str, Any]) -> None:
    refused = member.http.post("/chat/stream", json={"message": "Oi", **body})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
