"""Attachments over HTTP: uploads to S3 by a signed form, checks, previews, links, deletion."""

import io
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

from falaai.rate_limits import CHECKS_AN_HOUR, UPLOADS_AN_HOUR
from falaai.web import texts
from tests.support import attachments
from tests.support.attachments import announce, attach, ready, send, upload
from tests.support.people import People, Person
from tests.support.pictures import objects
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

FACTS = ("especie", "tipo", "paginas", "segundos", "largura", "altura")


def own(member: Person, cloud: RunningCloud, product: Rows) -> set[str]:
    """Return the keys of the user's objects, without the random parts: those of the test's own files."""
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    return {key for key in objects(cloud) if f"/{user}/" in key}


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (attachments.photo(), ("imagem", "image/jpeg", None, None, 640, 480)),
        (attachments.photo("PNG"), ("imagem", "image/jpeg", None, None, 640, 480)),
        (attachments.photo("WEBP"), ("imagem", "image/jpeg", None, None, 640, 480)),
        (attachments.photo("JPEG", (4000, 1000)), ("imagem", "image/jpeg", None, None, 3072, 768)),
        (attachments.pdf(4), ("pdf", "application/pdf", 4, None, None, None)),
        (attachments.wav(2), ("audio", "audio/wav", None, 2, None, None)),
        (attachments.opus(3), ("audio", "audio/ogg", None, 3, None, None)),
        (b"nome;valor\n" + "maçã;1\n".encode(), ("texto", "text/plain", None, None, None, None)),
        ("maçã".encode("cp1252"), ("texto", "text/plain", None, None, None, None)),
        ("maçã".encode("utf-16"), ("texto", "text/plain", None, None, None, None)),
    ],
    ids=["jpeg", "png", "webp", "large", "pdf", "wav", "opus", "csv", "windows-1252", "utf-16"],
)
def test_file_is_judged_by_its_content_and_stored(member: Person, content: bytes, facts: tuple[Any, ...]) -> None:
    attached = attach(member, content, "um nome.bin")
    assert (attached["estado"], attached["motivo"], attached["frase"]) == ("pronto", None, None)
    assert tuple(attached[name] for name in FACTS) == facts
    assert (attached["nome"], attached["tamanho"]) == ("um nome.bin", len(content))
    assert attached["tokens"] > 0
    assert (attached["resumo_estado"], attached["resumo"], attached["transcricao"]) == ("pendente", None, None)
    assert ready(member, attached["id"]) == attached
    assert member.http.get(f"/chat/attachments/{attached['id']}").json() == attached


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04" + bytes(60), "office_or_zip"),
        (b"\x1aE\xdf\xa3" + bytes(60), "video"),
        (secrets.token_bytes(4096), "unknown_kind"),
        (attachments.photo()[:200], "damaged"),
        (b"%PDF-1.7\nnada", "damaged"),
        (attachments.pdf(301), "too_many_pages"),
        (attachments.pdf(1, password="segredo"), "password"),
        (attachments.wav(901, rate=1000), "audio_too_long"),
        (attachments.photo("PNG", (8000, 8000)), "too_many_pixels"),
        (b"a" * 1_000_001, "text_too_long"),
        (b" \n\n", "empty_text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_that_cannot_be_read_is_refused_with_a_sentence_and_deleted(
    member: Person, cloud: RunningCloud, product: Rows, content: bytes, reason: str
) -> None:
    attached = attach(member, content)
    assert (attached["estado"], attached["motivo"], attached["frase"]) == (
        "recusado",
        reason,
        texts.FILE_REFUSALS[reason],
    )
    assert [attached[name] for name in FACTS] == [None] * 6
    assert own(member, cloud, product) == set()
    assert ready(member, attached["id"]) == attached


def test_image_is_stored_bare_with_previews(member: Person, cloud: RunningCloud, product: Rows) -> None:
    attached = attach(member, attachments.photo(size=(2400, 1200)), "praia.jpg")
    path = f"/chat/attachments/{attached['id']}"
    for size, pixels in (("miniatura", (320, 160)), ("tela", (1600, 800))):
        shown = member.http.get(f"{path}/imagem", params={"tamanho": size})
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert Image.open(io.BytesIO(shown.content)).size == pixels
    link = member.http.get(f"{path}/arquivo")
    assert link.status_code == 303
    file = httpx.get(link.headers["location"])
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''praia.jpg"
    assert file.headers["content-type"] == "image/jpeg"
    assert b"SEGREDO" not in file.content
    assert not Image.open(io.BytesIO(file.content)).getexif()
    shown = httpx.get(member.http.get(f"{path}/arquivo?abrir=1").headers["location"])
    assert shown.headers["content-disposition"].startswith("inline")
    # The upload is deleted; the file and both previews stay.
    keys = own(member, cloud, product)
    assert {key.partition("/")[0] for key in keys} == {"attachments"}
    assert sorted(key.partition(".")[2] for key in keys) == ["", "screen", "small"]


def test_same_file_is_stored_once_for_a_person_and_again_for_another(
    member: Person, people: People, cloud: RunningCloud, product: Rows
) -> None:
    content = attachments.pdf(2)
    first, second = attach(member, content, "a.pdf"), attach(member, content, "b.pdf")
    assert (first["nome"], second["nome"]) == ("a.pdf", "b.pdf")
    assert len(own(member, cloud, product)) == 1
    other = people.member()
    attach(other, content)
    assert own(other, cloud, product) & own(member, cloud, product) == set()


def test_same_file_from_two_tabs_at_once_is_stored_once(member: Person, cloud: RunningCloud, product: Rows) -> None:
    content = attachments.photo(size=(1500, 1500))
    ids = [upload(member, content) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        attached = list(pool.map(lambda one: ready(member, one), ids * 2))
    assert {one["estado"] for one in attached} == {"pronto"}
    assert len(own(member, cloud, product)) == 3
    assert product.value(
        "SELECT COUNT(DISTINCT id_arquivo) FROM anexos WHERE id IN (%s, %s)", *ids
    ) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("length", "changed", "status", "code"),
    [
        (101, {}, 400, "EntityTooLarge"),
        (100, {"Content-Type": "text/html"}, 403, "AccessDenied"),
        (100, {"key": "attachments/1/x"}, 403, "AccessDenied"),
        (100, {"policy": "e30="}, 400, "InvalidPolicyDocument"),
        (100, {"x-amz-signature": "0" * 64}, 403, "SignatureDoesNotMatch"),
        (100, {"acl": "public-read"}, 403, "AccessDenied"),
        (0, {}, 400, "EntityTooSmall"),
    ],
)
def test_signed_form_allows_one_key_type_and_size(
    member: Person, length: int, changed: dict[str, str], status: int, code: str
) -> None:
    form = announce(member, b"x" * 100).json()
    refused = send(form, b"x" * length, **changed)
    assert (refused.status_code, f"<Code>{code}</Code>" in refused.text) == (status, True), refused.text
    assert member.http.post(f"/chat/attachments/{form['id']}/ready").json()["code"] == "upload_incomplete"


def test_check_before_the_upload_has_ended_is_409_and_works_later(member: Person) -> None:
    content = attachments.pdf()
    form = announce(member, content).json()
    early = member.http.post(f"/chat/attachments/{form['id']}/ready")
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    assert send(form, content[:-10]).status_code == 204  # shorter than declared
    assert member.http.post(f"/chat/attachments/{form['id']}/ready").status_code == 409
    assert send(form, content).status_code == 204
    assert ready(member, form["id"])["estado"] == "pronto"


def test_later_upload_to_the_same_key_has_no_effect(member: Person) -> None:
    content = b"primeiro texto"
    form = announce(member, content).json()
    assert send(form, content).status_code == 204
    ready(member, form["id"])
    assert send(form, b"segundo texto!").status_code == 204
    assert ready(member, form["id"])["estado"] == "pronto"
    link = member.http.get(f"/chat/attachments/{form['id']}/arquivo").headers["location"]
    assert httpx.get(link).content == content


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"tamanho": 20 * 1024 * 1024 + 1}, 413, "file_too_large"),
        ({"tamanho": 0}, 422, "invalid_input"),
        ({"nome": ""}, 422, "invalid_input"),
        ({"nome": "\u202e"}, 422, "invalid_input"),
        ({"nome": "a" * 256}, 422, "invalid_input"),
    ],
)
def test_upload_that_breaks_a_rule_is_not_announced(
    member: Person, changed: dict[str, Any], status: int, code: str
) -> None:
    refused = announce(member, b"x", **changed)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_megabytes_of_a_day_are_limited_and_said(member: Person) -> None:
    for _ in range(5):
        assert announce(member, b"", tamanho=20 * 1024 * 1024).status_code == 201
    refused = announce(member, b"x")
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_uploads")
    assert "100 MB" in refused.json()["detail"]
    assert refused.json()["resets_at"]
    assert int(refused.headers["retry-after"]) > 0


def test_uploads_of_an_hour_are_limited_whatever_their_size(member: Person) -> None:
    statuses = [announce(member, b"x").status_code for _ in range(UPLOADS_AN_HOUR.hits + 1)]
    assert statuses == [201] * UPLOADS_AN_HOUR.hits + [429]
    assert announce(member, b"x").json()["code"] == "too_many_requests"


def test_checks_of_an_hour_are_limited_also_before_the_upload_has_ended(member: Person) -> None:
    path = f"/chat/attachments/{announce(member, b'x').json()['id']}/ready"
    statuses = [member.http.post(path).status_code for _ in range(CHECKS_AN_HOUR.hits + 1)]
    assert statuses == [409] * CHECKS_AN_HOUR.hits + [429]


def test_attachment_of_another_user_answers_like_an_unknown_one(member: Person, people: People) -> None:
    attached = attach(member, attachments.photo())
    other = people.member()
    for method, path in (
        ("GET", ""),
        ("GET", "/imagem"),
        ("GET", "/arquivo"),
        ("POST", "/ready"),
        ("DELETE", ""),
    ):
        answers = [
            other.http.request(method, f"/chat/attachments/{one}{path}") for one in (attached["id"], 999_999_999)
        ]
        assert answers[0].status_code == 404
        assert answers[0].content == answers[1].content
    assert member.http.get(f"/chat/attachments/{attached['id']}").json() == attached


def test_unsent_attachment_is_deleted(member: Person, product: Rows) -> None:
    attached = attach(member, attachments.pdf())
    path = f"/chat/attachments/{attached['id']}"
    file = product.value("SELECT id_arquivo FROM anexos WHERE id = %s", attached["id"])
    assert member.http.delete(path).status_code == 204
    assert member.http.get(path).status_code == 404
    assert member.http.delete(path).status_code == 404
    assert product.list("SELECT conferir_em FROM arquivos WHERE id = %s AND conferir_em IS NULL", file) == []


def test_sent_attachment_keeps_its_name_without_the_file(member: Person, product: Rows) -> None:
    attached = attach(member, attachments.pdf(), "contrato.pdf")
    sent = member.say("Pergunta")
    product.run(
        "UPDATE anexos SET id_conversa = %s, id_mensagem = (SELECT MIN(id) FROM mensagens WHERE id_conversa = %s),"
        " expira_em = NULL WHERE id = %s",
        sent["conversation_id"],
        sent["conversation_id"],
        attached["id"],
    )
    path = f"/chat/attachments/{attached['id']}"
    assert member.http.get(path).json() == attached
    assert member.http.delete(path).status_code == 204
    deleted = member.http.get(path).json()
    assert (deleted["nome"], deleted["estado"], deleted["especie"]) == ("contrato.pdf", "apagado", None)
    assert member.http.get(f"{path}/arquivo").status_code == 404
    member.http.delete(f"/conversation/{sent['conversation_id']}").raise_for_status()
    assert member.http.get(path).status_code == 404


def test_names_of_files_are_in_no_log(member: Person, cloud: RunningCloud) -> None:
    attached = attach(member, secrets.token_bytes(200), "exame-de-sangue-da-ana.bin")
    assert attached["estado"] == "recusado"
    log = cloud.log.read_text()
    assert "attachment refused" in log
    assert "exame-de-sangue" not in log


def test_page_of_the_product_may_upload_to_the_bucket(member: Person, cloud: RunningCloud) -> None:
    form = announce(member, b"texto").json()
    page = {"origin": cloud.gateway, "sec-fetch-site": "same-site"}
    preflight = httpx.options(form["url"], headers={**page, "access-control-request-method": "POST"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    sent = httpx.post(form["url"], data=form["campos"], files={"file": ("blob", b"texto")}, headers=page)
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (204, "*")
    assert ready(member, form["id"])["estado"] == "pronto"
