"""What people can trust an account with: sessions that end, links that work once, answers that tell nothing."""

import io
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import httpx
import pytest
from PIL import Image

from devcloud.template import read_template
from tests.conftest import ROOT, RunningCloud, wait_until
from tests.integration.conftest import Rows
from tests.system.conftest import PASSWORD, People, Person

NEW_PASSWORD = "outra senha comprida"
ROUTES = [
    (route.method, re.sub(r"\{[^}]+\}", "1", route.path))
    for route in read_template(ROOT / "template.yaml").routes
    if route.method not in ("GET", "HEAD")
]


def signed_in(person: Person) -> bool:
    return person.http.get("/conversations").status_code == 200


def second_device(people: People, person: Person) -> Person:
    device = people.stranger(person.email)
    assert device.login().status_code == 200
    return device


def newest_link(cloud: RunningCloud, address: str, subject: str, path: str) -> str:
    def find() -> str | None:
        for letter in cloud.letters_to(address):
            if letter["subject"] == subject:
                found = re.search(rf"http://\S+{path}\S*", letter["text"])
                return found[0] if found else None
        return None

    return str(wait_until(find, 5, f"the letter “{subject}”"))


# Passwords


def test_forgotten_password_is_replaced_and_every_session_ends(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    device = second_device(people, member)
    stranger = people.stranger()
    asked = stranger.http.post("/password/forgot", json={"email": member.email})
    nobody = stranger.http.post("/password/forgot", json={"email": "ninguem-aqui@exemplo.com.br"})
    assert (asked.status_code, asked.content) == (200, nobody.content)
    link = newest_link(cloud, member.email, "Crie outra senha no FalaAí", "/redefinir-senha/")
    token = link.rsplit("/", 1)[1]
    for _ in range(3):
        assert stranger.http.get(link).status_code == 200
    assert stranger.http.post("/password/reset", json={"token": token, "senha": "12345678"}).status_code == 422
    done = stranger.http.post("/password/reset", json={"token": token, "senha": NEW_PASSWORD})
    assert (done.status_code, done.json()["redirect_url"]) == (200, "/login")
    assert stranger.http.post("/password/reset", json={"token": token, "senha": NEW_PASSWORD}).status_code == 410
    assert stranger.http.get(link).status_code == 410
    assert not signed_in(member)
    assert not signed_in(device)
    assert member.login().status_code == 401
    assert member.login(NEW_PASSWORD).status_code == 200
    newest_link(cloud, member.email, "Sua senha do FalaAí foi trocada", "/esqueci-senha")


def test_link_works_for_its_own_purpose_only(person: Person, cloud: RunningCloud) -> None:
    person.register()
    token = person.link().rsplit("/", 1)[1]
    assert person.http.post("/password/reset", json={"token": token, "senha": NEW_PASSWORD}).status_code == 410
    assert person.http.post("/password/forgot", json={"email": person.email}).status_code == 200
    link = newest_link(cloud, person.email, "Crie outra senha no FalaAí", "/redefinir-senha/")
    assert person.http.post(f"/verify_link/{link.rsplit('/', 1)[1]}").status_code == 410


def test_changed_password_ends_the_other_sessions_only(member: Person, people: People) -> None:
    device = second_device(people, member)
    wrong = member.http.put("/profile/update", data={"senha": NEW_PASSWORD, "senha_atual": "errada errada"})
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "senha_atual")
    assert signed_in(device)
    changed = member.http.put("/profile/update", data={"senha": NEW_PASSWORD, "senha_atual": PASSWORD})
    assert changed.status_code == 200, changed.text
    assert signed_in(member)
    assert not signed_in(device)
    assert device.login(NEW_PASSWORD).status_code == 200


def test_changed_email_takes_effect_by_its_own_link_and_the_old_address_is_told(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    new = f"novo-{member.email}"
    asked = member.http.put("/profile/update", data={"email": new, "senha_atual": PASSWORD})
    assert asked.status_code == 200
    newest_link(cloud, member.email, "Pediram para trocar o e-mail da sua conta", "/esqueci-senha")
    assert people.stranger(new).login().status_code == 401
    link = newest_link(cloud, new, "Confirme seu novo e-mail no FalaAí", "/verify_link/")
    assert people.stranger().http.post(link).status_code == 303
    assert people.stranger(new).login().status_code == 200
    assert people.stranger(member.email).login().status_code == 401


def test_address_of_somebody_else_is_not_taken_over_and_its_owner_is_told(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    other = people.member()
    free = member.http.put("/profile/update", data={"email": "livre@exemplo.com.br", "senha_atual": PASSWORD})
    taken = member.http.put("/profile/update", data={"email": other.email, "senha_atual": PASSWORD})
    assert (taken.status_code, taken.content) == (200, free.content)
    newest_link(cloud, other.email, "Você já tem uma conta no FalaAí", "/login")
    assert people.stranger(other.email).login().status_code == 200


def test_name_changes_without_a_password(member: Person) -> None:
    assert member.http.put("/profile/update", data={"nome_completo": "Ana Clara"}).status_code == 200
    assert "Ana Clara" in member.http.get("/profile").text
    assert member.http.put("/profile/update", data={"nome_completo": "x" * 101}).status_code == 422


# Sessions


def test_devices_are_listed_and_ended_one_by_one_or_all_at_once(member: Person, people: People) -> None:
    devices = [second_device(people, member) for _ in range(3)]
    listed = member.http.get("/sessions").json()
    assert len(listed) == 4
    assert [one["atual"] for one in listed].count(True) == 1
    mine_of = {
        device: next(one["id"] for one in device.http.get("/sessions").json() if one["atual"]) for device in []
    }
    assert mine_of == {}
    target = next(one["id"] for one in devices[0].http.get("/sessions").json() if one["atual"])
    assert member.http.delete(f"/sessions/{target}").status_code == 200
    assert [signed_in(device) for device in devices] == [False, True, True]
    assert member.http.post("/sessions/revoke_others").json()["encerradas"] == 2
    assert not any(signed_in(device) for device in devices)
    assert signed_in(member)


def test_session_of_somebody_else_cannot_be_ended(member: Person, people: People) -> None:
    theirs = people.member()
    their_id = theirs.http.get("/sessions").json()[0]["id"]
    answers = [member.http.delete(f"/sessions/{one}") for one in (their_id, 2_000_000_000)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert signed_in(theirs)


def test_planted_cookie_is_worthless(member: Person, cloud: RunningCloud) -> None:
    planted = "x" * 43
    victim = httpx.Client(base_url=cloud.gateway, headers={"origin": cloud.gateway}, cookies={"falaai": planted})
    with victim:
        assert victim.post("/login", json={"email": member.email, "senha": PASSWORD}).status_code == 200
    assert httpx.get(f"{cloud.gateway}/conversations", cookies={"falaai": planted}).status_code == 401


@pytest.mark.parametrize(
    "passing",
    ["expira_em = UTC_TIMESTAMP(6)", "vista_em = UTC_TIMESTAMP(6) - INTERVAL 7 DAY - INTERVAL 1 SECOND"],
    ids=["thirty days old", "seven days idle"],
)
def test_session_ends_by_itself(member: Person, product: Rows, passing: str) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    assert signed_in(member)
    product.run(f"UPDATE sessoes SET {passing} WHERE id_usuario = %s", user)
    assert not signed_in(member)


# Links


def test_link_survives_a_hundred_looks_and_of_twenty_at_once_one_succeeds(person: Person) -> None:
    person.register()
    link = person.link()
    for number in range(100):
        assert person.http.request("HEAD" if number % 2 else "GET", link).status_code == 200
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: person.http.post(link).status_code, range(20)))
    assert sorted(statuses) == [303] + [410] * 19


# Limits


@pytest.mark.parametrize("known", [True, False])
def test_fifty_wrong_passwords_at_once_are_five_tries(people: People, known: bool) -> None:
    email = people.member().email if known else "desconhecida@exemplo.com.br"

    def guess(number: int) -> int:
        person = people.stranger(email)
        spoofed = {"x-forwarded-for": f"9.9.9.{number}", "forwarded": f"for=9.9.9.{number}", "x-real-ip": "9.9.9.9"}
        return person.http.post("/login", json={"email": email, "senha": "errada"}, headers=spoofed).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(guess, range(50)))
    assert sorted(statuses) == [401] * 5 + [429] * 45


def test_one_address_may_guess_twenty_times(people: People) -> None:
    person = people.stranger()
    statuses = [
        person.http.post(
            "/login",
            json={"email": f"alguem{number}@exemplo.com.br", "senha": "errada"},
            headers={"x-forwarded-for": f"8.8.8.{number}"},
        ).status_code
        for number in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2


def test_one_address_may_sign_up_twenty_times_an_hour(people: People) -> None:
    person = people.stranger()
    form = {"nome": "Ana", "senha": "cavalo bateria grampo", "termos_registro": True}
    emails = [f"muitas{number}@exemplo.com.br" for number in range(21)]
    statuses = [person.http.post("/register", json={**form, "email": email}).status_code for email in emails]
    assert statuses == [201] * 20 + [429]


# Other origins


def checksums(product: Rows) -> list[Any]:
    tables = ("usuarios", "conversas", "mensagens", "sessoes", "tokens", "limites", "uso_diario")
    return [product.list(f"CHECKSUM TABLE {table}") for table in tables]


def test_no_other_origin_reaches_any_unsafe_route(member: Person, product: Rows) -> None:
    member.say("Antes")
    wait_until(
        lambda: member.http.get("/conversations").json()[0]["titulo_conversa"] != "Nova Conversa", 5, "a title"
    )
    before = checksums(product)
    origins: list[dict[str, str]] = [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {},
    ]
    bodies: list[tuple[str, bytes]] = [
        ("application/json", b'{"message": "x", "senha_atual": "' + PASSWORD.encode() + b'"}'),
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"email=a%40b.com"),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("application/json", b"{"),
    ]
    with httpx.Client(base_url=member.http.base_url, cookies=member.http.cookies) as browser:
        for method, path in ROUTES:
            for origin in origins:
                for kind, body in bodies:
                    answer = browser.request(method, path, content=body, headers={**origin, "content-type": kind})
                    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), (
                        method,
                        path,
                        origin,
                    )
    assert len(ROUTES) > 15
    assert checksums(product) == before


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "%2f%2fevil.example", "javascript:alert(1)"])
def test_nothing_redirects_elsewhere(member: Person, target: str) -> None:
    for path in ("/login", "/", f"/{target}"):
        answer = member.http.get(path, params={"next": target, "redirect_url": target})
        assert answer.headers.get("location", "/chat") == "/chat"
    assert member.login().json()["redirect_url"] == "/chat"


# Pictures


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def jpeg_with_secret() -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "SEGREDO-NO-EXIF"
    Image.new("RGB", (600, 300), "red").save(out, "JPEG", exif=exif)
    return out.getvalue() + b"<script>alert('poliglota')</script>"


def upload(person: Person, content: bytes, name: str = "foto.jpg", kind: str = "image/jpeg") -> httpx.Response:
    return person.http.put("/profile/update", files={"profile_pic": (name, content, kind)})


def objects(cloud: RunningCloud) -> set[str]:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=cloud.addresses["aws"], **keys)
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return {one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}


def test_picture_becomes_a_small_clean_webp_and_the_old_one_goes(member: Person, cloud: RunningCloud) -> None:
    before = objects(cloud)
    assert upload(member, jpeg_with_secret(), "../../x.svg").status_code == 200
    served = member.http.get("/profile/picture")
    assert served.headers["content-type"] == "image/webp"
    assert b"SEGREDO" not in served.content
    assert b"script" not in served.content
    picture = Image.open(io.BytesIO(served.content))
    assert (picture.format, picture.size) == ("WEBP", (256, 256))
    (first,) = objects(cloud) - before
    assert re.fullmatch(r"pictures/[\w-]{43}\.webp", first)
    assert upload(member, png(10, 10)).status_code == 200
    assert first not in objects(cloud)
    assert len(objects(cloud) - before) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 422),
        (b"<html><script>alert(1)</script></html>", 422),
        (jpeg_with_secret()[:200], 422),
        (png(9000, 9000), 422),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(2 * 1024 * 1024), 422),
        (os.urandom(3 * 1024 * 1024), 413),
    ],
)
def test_what_is_no_picture_is_refused_clearly(member: Person, content: bytes, status: int) -> None:
    answer = upload(member, content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert member.http.get("/profile/picture").status_code == 404


def test_truncated_multipart_is_422(member: Person) -> None:
    cut = b'--x\r\nContent-Disposition: form-data; name="profile_pic"; filename="a.png"\r\n\r\nabc'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert member.http.put("/profile/update", content=cut, headers=headers).status_code == 422


# Taking away and deletion


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
        " AND (column_name LIKE 'id_usuario' OR column_name = 'id_conversa' OR table_name = 'usuarios')"
    )
    assert {row["t"] for row in columns} == set(personal_data._ROWS)
    assert len(personal_data._DELETIONS) == len(personal_data._ROWS)


# Canaries


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
    person.http.post(link)
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
