"""The archive of all data over HTTP: request, email, download, limits, other users, deletion."""

import io
import json
import zipfile
from typing import Any

import httpx
from PIL import Image

from falaai.export_files import key_of
from falaai.rate_limits import EXPORTS_A_DAY
from tests.support.attachments import attach, photo
from tests.support.people import PASSWORD, People, Person, newest_link, second_device
from tests.support.pictures import jpeg_with_secret, objects, upload
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until

READY = "Seus dados do FalaAí estão prontos"


def request(person: Person) -> dict[str, Any]:
    answer = person.http.post("/profile/exports")
    assert answer.status_code == 202, answer.text
    return dict(answer.json()["exportacao"])


def export_of(person: Person) -> dict[str, Any]:
    return dict(person.http.get("/profile/exports").json()["exportacao"])


def ready(person: Person) -> dict[str, Any]:
    wait_until(lambda: export_of(person)["estado"] == "pronta", "the export is ready")
    return export_of(person)


def download(person: Person, path: str) -> httpx.Response:
    """Follow the redirect as a browser does, which has no cookie for S3."""
    redirect = person.http.get(path)
    assert redirect.status_code == 303, redirect.text
    return httpx.get(redirect.headers["location"])


def test_requested_archive_arrives_and_holds_everything(member: Person, cloud: RunningCloud) -> None:
    file = attach(member, photo(), "praia.jpg")
    reply = member.say("Minha pergunta guardada", anexos=[file["id"]])
    upload(member, jpeg_with_secret())
    assert member.http.get("/profile/exports").json() == {"exportacao": None}
    requested = request(member)
    assert (requested["estado"], requested["arquivo"]) == ("preparando", None)
    assert newest_link(cloud, member.email, READY, "/login").endswith("/login?destino=/profile")
    export = ready(member)
    assert export["id"] == requested["id"]

    file = download(member, export["arquivo"])
    assert (file.status_code, file.headers["content-type"]) == (200, "application/zip")
    assert file.headers["content-disposition"].startswith('attachment; filename="falaai-')
    assert len(file.content) == export["tamanho"]
    archive = zipfile.ZipFile(io.BytesIO(file.content))
    told, direct = json.loads(archive.read("falaai.json")), member.http.get("/profile/export").json()
    assert {table: rows for table, rows in told.items() if table not in ("exportacoes", "uso_diario")} == {
        table: rows for table, rows in direct.items() if table in told and table not in ("exportacoes", "uso_diario")
    }
    assert {row["conteudo"] for row in told["mensagens"]} == {"Minha pergunta guardada", reply["response"]}
    assert archive.read("foto.webp").startswith(b"RIFF")
    (attached,) = [name for name in archive.namelist() if name.endswith("praia.jpg")]
    assert Image.open(io.BytesIO(archive.read(attached))).size == (640, 480)
    (markdown,) = [name for name in archive.namelist() if name.endswith(".md")]
    assert reply["response"] in archive.read(markdown).decode()


def test_link_needs_the_session_and_is_short_lived(member: Person, people: People) -> None:
    request(member)
    path = ready(member)["arquivo"]
    stranger, other = people.stranger(), people.member()
    assert stranger.http.get(path).status_code == 401
    page = stranger.http.get(path, headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    unknown = other.http.get("/profile/exports/999999999")
    assert (unknown.status_code, other.http.get(path).content) == (404, unknown.content)
    assert "X-Amz-Expires=60" in member.http.get(path).headers["location"]
    assert download(second_device(people, member), path).status_code == 200


def test_requests_in_a_day_are_limited(member: Person, product: Rows) -> None:
    for _ in range(EXPORTS_A_DAY.hits):
        request(member)
        ready(member)
    refused = member.http.post("/profile/exports")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 60 * 60


def test_expired_archive_is_gone_with_a_sentence(member: Person, cloud: RunningCloud, product: Rows) -> None:
    request(member)
    export = ready(member)
    product.run("UPDATE exportacoes SET expira_em = UTC_TIMESTAMP(6) WHERE id = %s", export["id"])
    gone = member.http.get(export["arquivo"])
    assert (gone.status_code, gone.json()["code"]) == (410, "export_expired")
    assert "24 horas" in member.http.get(export["arquivo"], headers={"accept": "text/html"}).text
    assert member.http.get("/profile/exports").json() == {"exportacao": None}
    cleaned = cloud.invoke("CleanupFunction", {})
    assert cleaned["exports"] >= 1
    assert key_of(export["id"]) not in objects(cloud)
    assert member.http.get(export["arquivo"]).status_code == 404


def test_unfinished_archive_cannot_be_downloaded(member: Person, product: Rows) -> None:
    request(member)
    export = ready(member)
    product.run("UPDATE exportacoes SET estado = 'erro' WHERE id = %s", export["id"])
    assert member.http.get(export["arquivo"]).status_code == 404
    assert export_of(member)["estado"] == "erro"
    assert request(member)["id"] != export["id"]


def test_form_without_script_leads_back_to_the_state(member: Person) -> None:
    page = {"accept": "text/html", "content-type": "application/x-www-form-urlencoded"}
    answer = member.http.post("/profile/exports", headers=page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile#about-data")
    ready(member)
    shown = member.http.get("/profile", headers={"accept": "text/html"}).text
    assert "Seu arquivo está pronto" in shown
    assert f'href="{export_of(member)["arquivo"]}"' in shown


def test_other_site_cannot_request_an_archive(member: Person) -> None:
    refused = member.http.post("/profile/exports", headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert member.http.get("/profile/exports").json() == {"exportacao": None}


def test_deleted_account_leaves_no_archive(member: Person, cloud: RunningCloud, product: Rows) -> None:
    request(member)
    export = ready(member)
    assert key_of(export["id"]) in objects(cloud)
    assert member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert key_of(export["id"]) not in objects(cloud)
    assert product.value("SELECT COUNT(*) FROM exportacoes WHERE id = %s", export["id"]) == 0
    assert member.http.get(export["arquivo"]).status_code == 401


def test_answer_that_lambda_would_refuse_names_the_archive(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    product.conversation(user, *['"' * 200_000] * 20)  # escaped, twice as long
    refused = member.http.get("/profile/export")
    assert (refused.status_code, refused.json()["code"]) == (413, "export_too_large")
    assert "Peça o arquivo" in refused.json()["detail"]
    request(member)
    content = download(member, ready(member)["arquivo"]).content
    told = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("falaai.json"))
    assert len(told["mensagens"]) == 20


def test_sources_are_numbered_in_every_file_and_in_the_text_to_copy(member: Person) -> None:
    reply = member.say("Como está a inflação?", buscar=True)
    path = f"/conversation/{reply['conversation_id']}/export"
    copied = member.http.get(f"/chat/replies/{reply['message_id']}").json()["com_fontes"]
    assert "órgão de estatística[1].\n" in copied
    plain = member.say("E sem busca?")
    assert member.http.get(f"/chat/replies/{plain['message_id']}").json()["com_fontes"] is None
    request(member)
    archive = zipfile.ZipFile(io.BytesIO(download(member, ready(member)["arquivo"]).content))
    (name,) = [name for name in archive.namelist() if name.endswith(".md")]
    for markdown in (member.http.get(path).text, archive.read(name).decode()):
        assert f"\n{copied}\n" in markdown
        for number, source in enumerate(reply["pesquisa"]["fontes"], 1):
            assert f"\n{number}. {source['dominio']}: <{source['url']}>\n" in markdown
        assert markdown.count("Fontes:") == 1


def test_files_with_many_sources_stay_below_the_limit_of_a_response(member: Person, product: Rows) -> None:
    reply = member.say("Como está a inflação?", buscar=True)
    conversation, address = reply["conversation_id"], "https://redirect.example/" + "x" * 1_900
    found = {**reply["pesquisa"], "fontes": [{"titulo": "a", "dominio": "a.example", "url": address}] * 50}
    del found["frase"]
    product.run(
        "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio, pesquisa)"
        " WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 82)"
        " SELECT %s, i, 'ia', 'Achei.', UTC_TIMESTAMP(6), %s FROM n",
        conversation,
        json.dumps(found),
    )
    for kind in ("json", "md"):
        file = member.http.get(f"/conversation/{conversation}/export", params={"format": kind})
        assert file.status_code == 200
        assert len(file.content) < 3_000_000
        assert "after=" in file.text
