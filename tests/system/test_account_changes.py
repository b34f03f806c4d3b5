"""Forgotten and changed passwords, changed addresses and names: each by whom it concerns alone."""

from tests.conftest import RunningCloud
from tests.system.conftest import PASSWORD, People, Person, newest_link, second_device, signed_in

NEW_PASSWORD = "outra senha comprida"


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
