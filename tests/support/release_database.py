"""Write the database of a release as a text fixture: python -m tests.support.release_database 0.1.0 COMMIT

It runs the product of that commit, uses it over HTTP so that every table has rows, and writes two files to
tests/fixtures/releases: VERSION.sql has the schema and the rows as that release leaves them, VERSION.json the answers
of its own routes. `make release-database` runs it once for each release; a fixture is never written again.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pymysql

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from operations.backups.archive import decode
from operations.backups.snapshot import fetch, list_tables, names, open_exact, read_rows
from tests.support.attachments import announce, ready, send
from tests.support.paths import ROOT
from tests.support.people import PASSWORD, People, Person, product_of
from tests.support.pictures import jpeg_with_secret, upload
from tests.support.releases import unpack
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import wait_until

FOLDER = ROOT / "tests/fixtures/releases"
SESSION_KEY = "k" * 40
EMAIL = "ana@exemplo.com.br"
TEXT_FILE = b"nome;valor\nma\xc3\xa7\xc3\xa3;1\n"
HOSTILE = "Aspas ' \" \\ e %s; emoji 👩‍👩‍👧‍👦 e acento e\u0301\nsegunda linha"
# Six of these start a summary at the smallest MEMORY_TOKENS.
LONG = "Conte mais sobre a história do Brasil. " * 40
# yoyo's log names the machine and its user, its lock is empty, and neither has any effect on a migration.
WITHOUT_ROWS = {"_yoyo_log", "yoyo_lock"}


def main(version: str, commit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        env_file = root / "env"
        env_file.write_text(f"SESSION_SECRET_KEY={SESSION_KEY}\nMEMORY_TOKENS=2000\n")
        cloud = start_cloud(root / "cloud", env_file=env_file, root=unpack(commit, root / "release"))
        # In 0.1.0 devcloud served the inbox itself, under another name.
        cloud.addresses["sendgrid"] = cloud.addresses.get("inbox", cloud.addresses["sendgrid"])
        people = People(cloud)
        try:
            answers = _use(cloud, people)
            FOLDER.mkdir(parents=True, exist_ok=True)
            text = json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True)
            (FOLDER / f"{version}.json").write_text(text + "\n")
            (FOLDER / f"{version}.sql").write_text(_dump(cloud))
        finally:
            people.close()
            cloud.stop()


def _use(cloud: RunningCloud, people: People) -> dict[str, Any]:
    """Use the product as two people do. Returns the answers of its routes."""
    product, ana = product_of(cloud), people.stranger(EMAIL)
    assert ana.register().status_code == 201
    assert ana.confirm().status_code == 303
    long = ana.say(LONG, client_id="pergunta-1")["conversation_id"]
    for _ in range(5):
        ana.say(LONG, conversation_id=long)
    wait_until(lambda: product.value("SELECT COUNT(*) FROM conversas WHERE resumo IS NOT NULL"), "a summary")
    short = ana.say(HOSTILE, nova=True)
    ana.say("Lembre que eu moro em Recife.", nova=True)
    ana.http.put(f"/chat/replies/{short['message_id']}/rating", json={"nota": "ruim", "motivo": "tom"})
    ana.http.post("/prompts", json={"titulo": "Receita", "texto": "Receita de ___"})
    ana.http.put("/profile/update", data={"instrucoes": "Seja breve."})
    ana.http.post(f"/chat/messages/{short['question_id']}/edit", json={"message": f"{HOSTILE} outra vez"})
    changed = {"titulo_conversa": "Título da Ana", "fixada": True}
    assert ana.http.patch(f"/conversation/{short['conversation_id']}", json=changed).status_code == 200
    _fail(cloud, ana)
    _attach_file(ana, product)
    upload(ana, jpeg_with_secret())
    moved = {"email": "ana-nova@exemplo.com.br", "senha_atual": PASSWORD}
    assert ana.http.put("/profile/update", data=moved).status_code == 200
    assert people.stranger().http.post("/password/forgot", json={"email": EMAIL}).status_code == 200
    bia = people.stranger("bia@exemplo.com.br")
    assert bia.register(name="Bia").status_code == 201
    assert bia.link()
    wait_until(lambda: product.value("SELECT COUNT(*) FROM tokens WHERE usado_em IS NULL") == 3, "three links")
    wait_until(lambda: _titles(product) == 0, "titles")
    _export_and_delete(people, ana, product)
    _name_operator(cloud, people, ana)
    listed = ana.http.get("/conversations").json()
    return {
        "cookie": ana.http.cookies["falaai"],
        "bia_link": bia.link().rsplit("/", 1)[1],
        "export": ana.http.get("/profile/export").json(),
        "conversations": listed,
        "messages": {str(one["id"]): ana.http.get(f"/conversation/{one['id']}").json() for one in listed},
    }


def _attach_file(person: Person, product: Rows) -> None:
    """Send a file with a message. 0.1.0 has no attachments."""
    announced = announce(person, TEXT_FILE, "lista.csv")
    if announced.status_code == 404:
        return
    form = announced.json()
    assert send(form, TEXT_FILE).status_code == 204
    assert ready(person, form["id"])["estado"] == "pronto"
    person.say("O que há neste arquivo?", nova=True, anexos=[form["id"]])
    digest = "SELECT COUNT(*) FROM arquivos WHERE resumo_estado = 'pronto'"
    wait_until(lambda: product.value(digest), "a digest")


def _export_and_delete(people: People, person: Person, product: Rows) -> None:
    """Request an archive, which 0.1.0 does not have, and delete the account of a third user."""
    if person.http.post("/profile/exports").status_code != 404:
        wait_until(lambda: product.value("SELECT COUNT(*) FROM exportacoes WHERE estado = 'pronta'"), "an archive")
    leaving = people.stranger("caio@exemplo.com.br")
    assert leaving.register(name="Caio").status_code == 201
    assert leaving.confirm().status_code == 303
    assert leaving.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200


def _name_operator(cloud: RunningCloud, people: People, person: Person) -> None:
    """Name an operator, who invites another user. 0.1.0 has no operators."""
    functions = [one["name"] for one in httpx.get(f"{cloud.lambda_api}/functions.json").json()]
    if "AdminFunction" in functions:
        assert cloud.invoke("AdminFunction", {"admin_email": EMAIL}) == {"named": True}
        person.http.post("/password/confirm", json={"senha_atual": PASSWORD}).raise_for_status()
        link = person.http.post("/admin/invitations", json={}).json()["link"]
        form = {"nome": "Davi", "email": "davi@exemplo.com.br", "senha": PASSWORD, "termos_registro": True}
        invited = people.stranger("davi@exemplo.com.br")
        assert invited.http.post("/register", json={**form, "convite": link.rpartition("/")[2]}).status_code == 201


def _fail(cloud: RunningCloud, person: Person) -> None:
    """Ask a question whose reply fails."""
    faults = f"{cloud.addresses['gemini']}/admin/faults"
    httpx.put(faults, json={"fault": "500"}).raise_for_status()
    person.http.post("/chat/message", json={"message": "Sem resposta", "nova": True})
    httpx.put(faults, json={"fault": None}).raise_for_status()


def _titles(product: Rows) -> int:
    """Return the number of conversations that still wait for their title; a failed first reply gets none."""
    return int(
        product.value(
            "SELECT COUNT(*) FROM conversas c WHERE titulo_conversa = 'Nova Conversa' AND EXISTS"
            " (SELECT 1 FROM mensagens m WHERE m.id_conversa = c.id AND m.remetente = 'ia' AND m.estado = 'completa')"
        )
    )


def _dump(cloud: RunningCloud) -> str:
    """Return the schema and all rows as SQL, one statement a line. Fails if a table of the product has no row."""
    address = cloud.addresses["database"]
    where = DatabaseSettings(**{f"db_{name}": address[name] for name in ("host", "port", "user", "password", "name")})
    connection, lines = open_exact(where), ["SET foreign_key_checks = 0"]
    try:
        for table in list_tables(connection):
            made = fetch(connection, f"SHOW CREATE TABLE {names([table.name])}")[0][1]
            lines.append(" ".join(str(made).split()))
            if table.name in WITHOUT_ROWS:
                continue
            rows = [", ".join(map(connection.escape, decode(line))) for line in read_rows(connection, table)]
            assert rows, table.name
            target = f"INSERT INTO {names([table.name])} ({names(table.columns)}) VALUES "
            lines += [f"{target}({row})" for row in rows]
    finally:
        connection.close()
    return ";\n".join([*lines, "SET foreign_key_checks = 1"]) + ";\n"


def load(where: DatabaseSettings, version: str) -> dict[str, Any]:
    """Fill an empty database with a release's fixture, and renew its sessions and links, which time has ended.

    Returns the answers of that release.
    """
    with connect(where) as connection, connection.cursor(pymysql.cursors.Cursor) as cursor:
        for statement in (FOLDER / f"{version}.sql").read_text().split(";\n")[:-1]:
            cursor.execute(statement)
        now, tomorrow = "UTC_TIMESTAMP(6)", "UTC_TIMESTAMP(6) + INTERVAL 1 DAY"
        cursor.execute(f"UPDATE sessoes SET criada_em = {now}, vista_em = {now}, expira_em = {tomorrow}")
        cursor.execute(f"UPDATE tokens SET expira_em = {tomorrow}")
    return dict(json.loads((FOLDER / f"{version}.json").read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])
