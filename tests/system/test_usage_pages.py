"""The pages of use over HTTP: the operator's, and that of each user."""

import pytest

from tests.support.people import People, Person, product_of
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import FakeService
from tests.support.waiting import wait_until

PAGE = {"accept": "text/html"}


def make_operator(cloud: RunningCloud, person: Person) -> None:
    product_of(cloud).run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", person.email)


def test_user_sees_own_use_and_limits(member: Person) -> None:
    member.say("Oi")
    member.say("E depois?", modo="pensar")
    seen = member.http.get("/uso").json()
    assert (seen["hoje"]["mensagens"], seen["hoje"]["pensadas"], seen["mes"]["mensagens"]) == (1, 1, 1)
    assert seen["limite_mensagens"] == 200
    assert seen["hoje"]["reais"] > 0
    page = member.http.get("/uso", headers=PAGE)
    assert page.status_code == 200
    assert "Seu uso" in page.text
    assert f"R$ {seen['mes']['reais']:.4f}".replace(".", ",") in page.text
    assert "<svg" in page.text
    assert "style=" not in page.text
    assert "/uso" in member.http.get("/profile", headers=PAGE).text
    assert "a R$ 5,33 por dólar, cotação de 28/11/2025" in page.text
    assert (seen["dolar_em_reais"], seen["dolar_do_dia"]) == (5.33, "2025-11-28")


def test_title_is_in_the_cost_of_its_user(member: Person, product: Rows) -> None:
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)

    def cost() -> int:
        return int(product.value("SELECT SUM(custo_microusd) FROM uso_diario WHERE id_usuario = %s", user))

    member.say("Oi", nova=True, temporaria=True)  # the same reply, without a title
    reply = cost()
    member.say("Oi", nova=True)
    wait_until(lambda: cost() > 2 * reply, "the cost of the title")
    seen = member.http.get("/uso").json()
    assert seen["hoje"]["reais"] == pytest.approx(cost() / 1_000_000 * seen["dolar_em_reais"], abs=0.0001)


def test_uploaded_files_are_counted(member: Person) -> None:
    for name in ("uma.txt", "outra.txt"):
        upload = {"nome": name, "tipo": "text/plain", "tamanho": 10}
        assert member.http.post("/chat/attachments", json=upload).status_code == 201
    assert member.http.get("/uso").json()["hoje"]["arquivos"] == 2
    assert '>Arquivos</th><td data-label="Hoje">2</td>' in member.http.get("/uso", headers=PAGE).text


def test_stranger_has_no_page_of_use(people: People) -> None:
    assert people.stranger().http.get("/uso").status_code == 401


def test_operator_sees_use_cost_and_failures(cloud: RunningCloud, member: Person, gemini: FakeService) -> None:
    make_operator(cloud, member)
    before = {one["codigo"]: one["falhas"] for one in member.http.get("/admin").json()["falhas"]}
    member.say("Oi")
    gemini.fault(fault="429")
    assert member.http.post("/chat/message", json={"message": "Falhe"}).status_code == 503
    gemini.fault(fault=None)
    seen = member.http.get("/admin").json()
    today = seen["dias"][-1]
    assert today["pessoas"] >= 1
    assert today["mensagens"] >= 1
    assert today["reais"] > 0
    assert len(seen["dias"]) == 30
    after = {one["codigo"]: one["falhas"] for one in seen["falhas"]}
    assert after["model_rate_limited"] == before.get("model_rate_limited", 0) + 1
    page = member.http.get("/admin", headers=PAGE).text
    assert "Mensagens por dia, de " in page
    assert "model_rate_limited" in page
    assert "a R$ 5,33 por dólar, cotação de 28/11/2025" in page
    assert "gemini-3: US$ 14,00 por 1.000 consultas (lido em 07/10/2026)" in page
    assert "e não da própria página" in page
    days = member.http.get("/admin/usage.csv")
    assert days.headers["content-type"].startswith("text/csv")
    assert days.text.splitlines()[-1].split(",")[0] == today["dia"]
    people = member.http.get("/admin/usage.csv?por=pessoa").text
    assert member.email in people
    user = product_of(cloud).value("SELECT id FROM usuarios WHERE email = %s", member.email)
    account = member.http.get(f"/admin/people/{user}", headers=PAGE).text
    assert "mensagens: 1; buscas: 0; arquivos: 0; custo: R$ 0,0" in account
    assert member.http.get("/admin/usage.csv?mes=2026-13").status_code == 422
