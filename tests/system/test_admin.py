"""The pages of operators over HTTP: all others are refused, a block holds at once, and no written word is shown."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import boto3
import httpx
import pytest

from falaai_admin.application import build
from tests.support.paths import ROOT
from tests.support.people import PASSWORD, People, Person, product_of, second_device, signed_in
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService
from tests.support.waiting import wait_until

PAGE = {"accept": "text/html"}
# A word that a user writes wherever something can be written.
CANARY = "jaguatirica"


@pytest.fixture
def operator(cloud: RunningCloud, people: People) -> Person:
    person = people.member()
    product_of(cloud).run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", person.email)
    return person


def id_of(cloud: RunningCloud, person: Person) -> int:
    return int(product_of(cloud).value("SELECT id FROM usuarios WHERE email = %s", person.email))


def confirm(operator: Person, password: str = PASSWORD) -> httpx.Response:
    return operator.http.post("/password/confirm", json={"senha_atual": password})


def act(operator: Person, user_id: int, acao: str, **more: object) -> httpx.Response:
    return operator.http.post(f"/admin/people/{user_id}", json={"acao": acao, **more})


def requests_of_operators(user_id: int) -> Iterator[tuple[str, str]]:
    for path, methods in build().openapi()["paths"].items():
        if path.startswith("/admin"):
            for method in methods:
                yield method.upper(), path.format(user_id=user_id, invitation_id=1)


def test_every_route_refuses_everybody_else(cloud: RunningCloud, people: People, member: Person) -> None:
    stranger, me = people.stranger(), id_of(cloud, member)
    tried = [*requests_of_operators(me)]
    assert len(tried) >= 6
    for method, path in tried:
        answer = member.http.request(method, path, json={"acao": "papel", "papel": "admin"})
        assert (answer.status_code, answer.json()["code"]) == (403, "admins_only"), path
        assert member.http.request(method, path, json={}, headers=PAGE).status_code == 403
        assert stranger.http.request(method, path, json={}).status_code == 401, path
    assert product_of(cloud).value("SELECT papel FROM usuarios WHERE id = %s", me) == "pessoa"


def test_change_needs_the_password_of_the_last_ten_minutes(
    cloud: RunningCloud, operator: Person, member: Person
) -> None:
    user = id_of(cloud, member)
    assert act(operator, user, "cota", cota_diaria=5).json()["code"] == "password_needed"
    assert confirm(operator, "não é esta senha").status_code == 422
    assert act(operator, user, "cota", cota_diaria=5).status_code == 403
    assert confirm(operator).json()["redirect_url"] == "/admin"
    assert act(operator, user, "cota", cota_diaria=5).status_code == 200
    rows = product_of(cloud)
    rows.run(
        "UPDATE sessoes SET confirmada_em = confirmada_em - INTERVAL 10 MINUTE WHERE id_usuario = %s",
        id_of(cloud, operator),
    )
    assert act(operator, user, "cota", cota_diaria=6).json()["code"] == "password_needed"
    assert rows.value("SELECT cota_diaria FROM usuarios WHERE id = %s", user) == 5


def test_pages_work_without_a_script(cloud: RunningCloud, operator: Person, member: Person) -> None:
    user = id_of(cloud, member)
    path = f"/admin/people/{user}"
    listed = operator.http.post("/admin/people", data={"prefixo": member.email}, headers=PAGE)
    assert f'href="{path}"' in listed.text
    assert "Confirmar senha" in operator.http.get(path, headers=PAGE).text
    refused = operator.http.post(path, data={"acao": "bloquear"}, headers=PAGE)
    assert (refused.status_code, "Confirme sua senha" in refused.text) == (403, True)
    wrong = operator.http.post("/password/confirm", data={"senha_atual": "errada", "destino": path}, headers=PAGE)
    assert (wrong.status_code, f'value="{path}"' in wrong.text) == (422, True)
    back = operator.http.post("/password/confirm", data={"senha_atual": PASSWORD, "destino": path}, headers=PAGE)
    assert (back.status_code, back.headers["location"]) == (303, path)
    done = operator.http.post(path, data={"acao": "cota", "cota_diaria": "3"}, headers=PAGE, follow_redirects=True)
    assert "Limite diário guardado" in done.text
    assert 'value="3"' in done.text
    done = operator.http.post(path, data={"acao": "cota", "cota_diaria": ""}, headers=PAGE, follow_redirects=True)
    assert "o limite padrão" in done.text
    audit = operator.http.get("/admin/audit", headers=PAGE).text
    assert "mudou o limite diário: 3" in audit
    assert "Administração" in operator.http.get("/profile", headers=PAGE).text
    assert "Administração" not in member.http.get("/profile", headers=PAGE).text


def test_blocked_user_is_refused_at_the_next_request_everywhere(
    cloud: RunningCloud, people: People, operator: Person, member: Person
) -> None:
    user = id_of(cloud, member)
    device = second_device(people, member)
    confirm(operator)
    assert act(operator, user, "bloquear").status_code == 200
    for person in (member, device):
        for path in ("/conversations", "/profile/export", "/chat/attachments/1", "/admin", "/sessions"):
            assert person.http.get(path).status_code == 401, path
        assert person.http.post("/chat/message", json={"message": "Oi"}).status_code == 401
        assert person.http.post("/chat/stream", json={"message": "Oi"}).status_code == 401
    refused = member.login()
    assert (refused.status_code, refused.json()["code"]) == (403, "account_blocked")
    assert member.login("outra senha qualquer").json()["code"] == "wrong_credentials"
    act(operator, user, "desbloquear")
    assert member.login().status_code == 200
    assert signed_in(member)


def test_blocked_user_gets_a_copy_of_the_data_or_deletes_them_on_request(
    cloud: RunningCloud, operator: Person, member: Person
) -> None:
    """The operator lifts the block with a limit of 0 messages, and reads nothing."""
    user = id_of(cloud, member)
    member.say("O que é meu")
    confirm(operator)
    act(operator, user, "bloquear")
    refused = member.login().json()
    assert "uma cópia dos seus dados" in refused["detail"]
    assert refused["contato"] in refused["detail"]
    page = operator.http.get(f"/admin/people/{user}", headers=PAGE).text
    assert "guarde o limite diário 0 e desbloqueie" in page
    assert act(operator, user, "cota", cota_diaria=0).status_code == 200
    assert act(operator, user, "desbloquear").status_code == 200
    assert member.login().status_code == 200
    for mode in ("rapido", "pensar"):
        sent = member.http.post("/chat/message", json={"message": "Oi", "modo": mode})
        assert (sent.status_code, "não pode enviar mensagens" in sent.json()["detail"]) == (429, True)
    assert "O que é meu" in member.http.get("/profile/export").text
    assert member.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert operator.http.get(f"/admin/people/{user}").status_code == 404


def test_block_stops_a_reply_in_progress(
    cloud: RunningCloud, operator: Person, member: Person, gemini: FakeService
) -> None:
    """The fault sends pieces without end: only the block ends the reply."""
    user = id_of(cloud, member)
    confirm(operator)
    gemini.fault(fault="drip", delay=0.1)
    with member.stream("Conte devagar") as events:
        assert next(events)[0] == "start"
        assert act(operator, user, "bloquear").status_code == 200
        names = [name for name, _ in events]
    assert names[-1] == "done"
    state = product_of(cloud).value(
        "SELECT m.estado FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " WHERE c.id_usuario = %s AND m.remetente = 'ia'",
        user,
    )
    assert state == "interrompida"


def test_own_limit_counts_from_the_next_message_on(cloud: RunningCloud, operator: Person, member: Person) -> None:
    user = id_of(cloud, member)
    confirm(operator)
    act(operator, user, "cota", cota_diaria=1)
    assert member.say("Oi")["restam"] == 0
    refused = member.http.post("/chat/message", json={"message": "Mais uma"})
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_reached")
    assert "as 1 mensagens" in refused.json()["detail"]
    act(operator, user, "cota", cota_diaria="")
    member.say("Mais uma")


def test_deleted_account_is_gone_and_another_one_stays(
    cloud: RunningCloud, operator: Person, member: Person, people: People
) -> None:
    other, user = people.member(), id_of(cloud, member)
    confirm(operator)
    assert act(operator, user, "apagar").json()["redirect_url"] == "/admin/people"
    assert not signed_in(member)
    assert signed_in(other)
    assert operator.http.get(f"/admin/people/{user}").status_code == 404


def test_resend_reaches_the_inbox(cloud: RunningCloud, operator: Person, people: People) -> None:
    waiting = people.stranger()
    assert waiting.register().status_code == 201
    first = waiting.link()
    rows = product_of(cloud)
    rows.run("DELETE FROM limites")  # the pause of two minutes between emails to one address
    confirm(operator)
    assert act(operator, id_of(cloud, waiting), "reenviar").status_code == 200
    assert wait_until(lambda: waiting.link() != first, "another link")


def test_make_admin_names_an_operator(cloud: RunningCloud, member: Person) -> None:
    assert member.http.get("/admin").status_code == 403
    command = [sys.executable, "-m", "operations.name_admin"]
    environment = {**os.environ, "DEVCLOUD_DATA": str(cloud.data)}

    def run(email: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, email], cwd=ROOT, env=environment, capture_output=True, text=True)

    unknown = run("ninguem@exemplo.com.br")
    assert (unknown.returncode, "no confirmed account" in unknown.stderr) == (1, True)
    named = run(member.email)
    assert (named.returncode, named.stderr) == (0, "")
    assert member.http.get("/admin").status_code == 200


# Its AdminFunction has the name by which devcloud knows it: moto makes the stack, devcloud runs the function.
STACK = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
        "AdminFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": "AdminFunction",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "Code": {"ZipFile": "handler = None"},
            },
        },
    }
}


def test_make_admin_names_an_operator_of_a_stack(cloud: RunningCloud, member: Person) -> None:
    """As on AWS: CloudFormation tells the function's name, and Lambda's API invokes it."""
    keys = {"AWS_ACCESS_KEY_ID": "devcloud", "AWS_SECRET_ACCESS_KEY": "devcloud", "AWS_DEFAULT_REGION": "us-east-1"}
    addresses = {
        "AWS_ENDPOINT_URL": cloud.addresses["aws"],
        "AWS_ENDPOINT_URL_LAMBDA": cloud.addresses["lambda"],
    }
    boto3.client(
        "cloudformation",
        endpoint_url=cloud.addresses["aws"],
        region_name="us-east-1",
        aws_access_key_id="devcloud",
        aws_secret_access_key="devcloud",
    ).create_stack(StackName="falaai-prod", TemplateBody=json.dumps(STACK), Capabilities=["CAPABILITY_IAM"])
    environment = {**os.environ, **keys, **addresses, "STACK": "falaai-prod", "DEVCLOUD_DATA": "/nonexistent"}
    command = [sys.executable, "-m", "operations.name_admin", f" {member.email.upper()} "]
    named = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (named.returncode, named.stderr) == (0, "")
    assert member.http.get("/admin").status_code == 200
    acts = member.http.get("/admin/audit").json()["atos"]
    assert (acts[0]["id_admin"], acts[0]["acao"], acts[0]["valor"]) == (0, "papel", "admin")


def test_no_answer_for_operators_has_a_word_that_a_user_wrote(
    cloud: RunningCloud, operator: Person, people: People
) -> None:
    writer = people.stranger(f"pessoa-que-escreve-{id_of(cloud, operator)}@exemplo.com.br")
    assert writer.register(name=f"Ana {CANARY}").status_code == 201
    assert writer.confirm().status_code == 303
    conversation = writer.say(f"O que come a {CANARY}?")["conversation_id"]
    changed = {"titulo_conversa": f"A {CANARY}", "fixada": True}
    assert writer.http.patch(f"/conversation/{conversation}", json=changed).status_code == 200
    upload = {"nome": f"{CANARY}.txt", "tipo": "text/plain", "tamanho": 10}
    assert writer.http.post("/chat/attachments", json=upload).status_code == 201
    assert writer.http.put("/profile/update", data={"instrucoes": f"Fale da {CANARY}"}).status_code == 200
    assert CANARY in writer.http.get("/profile/export").text
    confirm(operator)
    user = id_of(cloud, writer)
    for acao in ("cota", "encerrar", "bloquear", "desbloquear"):
        assert act(operator, user, acao).status_code == 200
    seen = 0
    for headers in ({}, PAGE):
        for method, path in requests_of_operators(user):
            body = {"prefixo": "pessoa-que"} if path == "/admin/people" else {"acao": "reenviar", "grupo": "turma-2"}
            answer = operator.http.request(method, path, headers=headers, json=body if method == "POST" else None)
            assert answer.status_code in (200, 201, 303, 404, 429), path
            text = answer.text + json.dumps(dict(answer.headers))
            assert CANARY not in text.casefold(), path
            seen += writer.email in text
    assert seen >= 4
