"""Everything held of a person can be taken away and deleted, and nothing of it stands in a log."""

import json
import re

import httpx

from tests.support.people import PASSWORD, People, Person, newest_link, signed_in
from tests.support.pictures import jpeg_with_secret, objects, upload
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud


def test_everything_held_can_be_taken_away_and_then_nothing_is_left(
    member: Person, cloud: RunningCloud, product: Rows
) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    reply = member.say("Minha pergunta guardada")
    before = objects(cloud)
    upload(member, jpeg_with_secret())
    assert (
        member.http.put("/profile/update", data={"email": "x@exemplo.com.br", "senha_atual": PASSWORD}).status_code
        == 200
    )
    newest_link(cloud, "x@exemplo.com.br", "Confirme seu novo e-mail no FalaAí", "/verify_link/")
    taken = member.http.get("/profile/export").json()
    counts = {
        "usuarios": "SELECT COUNT(*) FROM usuarios WHERE id = %s",
        "sessoes": "SELECT COUNT(*) FROM sessoes WHERE id_usuario = %s",
        "tokens": "SELECT COUNT(*) FROM tokens WHERE id_usuario = %s",
        "uso_diario": "SELECT COUNT(*) FROM uso_diario WHERE id_usuario = %s",
        "conversas": "SELECT COUNT(*) FROM conversas WHERE id_usuario = %s",
        "mensagens": "SELECT COUNT(*) FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " WHERE c.id_usuario = %s",
    }
    for table, query in counts.items():
        assert len(taken[table]) == product.value(query, user) > 0, table
    assert {message["conteudo"] for message in taken["mensagens"]} == {"Minha pergunta guardada", reply["response"]}
    assert taken["foto_webp_base64"]
    assert "argon2" not in json.dumps(taken)

    refused = member.http.request("DELETE", "/profile", json={"senha_atual": "errada errada"})
    assert refused.status_code == 422
    gone = member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD})
    assert (gone.status_code, gone.json()["redirect_url"]) == (200, "/")
    assert gone.headers["clear-site-data"] == '"storage"'
    for table, query in counts.items():
        assert product.value(query, user) == 0, table
    assert product.value("SELECT COUNT(*) FROM mensagens WHERE id_conversa = %s", reply["conversation_id"]) == 0
    assert objects(cloud) == before
    assert not signed_in(member)
    assert member.login().status_code == 401


def test_every_table_about_people_is_known_to_export_and_deletion(product: Rows) -> None:
    from falaai.repositories import personal_data

    columns = product.list(
        "SELECT DISTINCT table_name AS t FROM information_schema.columns WHERE table_schema = DATABASE()"
        " AND (column_name IN ('id_usuario', 'id_conversa', 'id_alvo') OR table_name = 'usuarios')"
    )
    exported = {*personal_data._ROWS, *personal_data.PAGED}
    assert {row["t"] for row in columns} == exported
    # The acts of operators stay: they have ids and numbers alone. Uses of invitations have no id of a user.
    deleted = exported - {"auditoria"} | {"convites_usos"}
    found = [re.search(r"FROM (\w+)", statement) for statement in personal_data._DELETIONS]
    assert {match[1] for match in found if match} == deleted


def test_no_secret_or_word_of_anybody_stands_in_a_log_or_an_error(
    people: People, cloud: RunningCloud, product: Rows
) -> None:
    canaries = ["Canário-Senha-1", "Canário-Mensagem-2", "canario-email-3", "Canário-Nome-4", "Canário-Errada-5"]
    person = people.stranger("canario-email-3@exemplo.com.br")
    bodies = [
        person.http.post("/register", json={"nome": "", "email": "canario-email-3", "senha": "Canário-Senha-1"}).text
    ]
    forger = people.stranger()
    assert forger.register("Canário-Senha-1", name="Canário-Nome-4\r\nforjada").status_code == 201
    assert person.register("Canário-Senha-1", name="Canário-Nome-4").status_code == 201
    link = person.link()
    bodies.append(person.confirm(link, "Canário-Errada-5").text)
    assert person.confirm(link, "Canário-Senha-1").status_code == 303
    bodies.append(person.login("Canário-Errada-5").text)
    assert person.login("Canário-Senha-1").status_code == 200
    cookie = person.http.cookies["falaai"]
    person.say("Canário-Mensagem-2")
    bodies.append(person.http.post("/chat/message", json={"message": ["Canário-Mensagem-2"]}).text)
    httpx.put(f"{cloud.addresses['gemini']}/admin/faults", json={"fault": "500", "times": 5}).raise_for_status()
    bodies.append(person.http.post("/chat/message", json={"message": "Canário-Mensagem-2"}).text)
    httpx.put(f"{cloud.addresses['gemini']}/admin/faults", json={"fault": None}).raise_for_status()
    person.http.get("/conversations", params={"q": "Canário-Mensagem-2"})
    secrets = [link.rsplit("/", 1)[1], cookie, *cloud_secrets(cloud)]
    log = cloud.log.read_text()
    for canary in (*canaries, *secrets):
        assert canary not in log, canary
        assert not [body for body in bodies if canary in body], canary
    assert "argon2id" not in log


def cloud_secrets(cloud: RunningCloud) -> list[str]:
    return [value for value in json.loads((cloud.data / "secrets.json").read_text()).values() if len(value) > 20]


def test_privacy_page_says_what_is_kept_of_a_device_and_who_receives_what(
    people: People, member: Person, product: Rows
) -> None:
    privacy = people.stranger().http.get("/privacidade", headers={"accept": "text/html"}).text
    kept = product.list(
        "SELECT navegador, endereco FROM sessoes s JOIN usuarios u ON u.id = s.id_usuario WHERE u.email = %s",
        member.email,
    )
    assert all(kept[0].values())
    for told in ("endereço IP", "navegador", "Google (Gemini)", "SendGrid", "AWS", "TiDB Cloud"):
        assert told in privacy, told
