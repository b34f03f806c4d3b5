"""Forgotten and changed passwords, changed addresses and names: each by whom it concerns alone."""

import json
import re

import pytest

from tests.support.people import PASSWORD, People, Person, newest_link, second_device, signed_in
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until

NEW_PASSWORD = "outra senha comprida"


def test_forgotten_password_is_replaced_and_every_session_ends(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    device = second_device(people, member)
    stranger = people.stranger()
    asked = stranger.http.post("/password/forgot", json={"email": member.email})
    unknown = stranger.http.post("/password/forgot", json={"email": "ninguem-aqui@exemplo.com.br"})
    assert (asked.status_code, asked.content) == (200, unknown.content)
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


def test_reset_link_at_the_old_address_ends_with_the_move(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    new = f"mudou-{member.email}"
    ask_for_email(member, new)
    member.http.post("/password/forgot", json={"email": member.email})
    reset = newest_link(cloud, member.email, "Crie outra senha no FalaAí", "/redefinir-senha/")
    assert people.stranger().http.post(confirmation_of(cloud, new)).status_code == 303
    form = {"token": reset.rsplit("/", 1)[1], "senha": NEW_PASSWORD}
    assert people.stranger().http.post("/password/reset", json=form).status_code == 410
    assert people.stranger(new).login().status_code == 200


def test_address_of_another_person_is_not_taken_over_and_its_owner_is_told(
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


def ask_for_email(person: Person, new: str, password: str = PASSWORD) -> None:
    asked = person.http.put("/profile/update", data={"email": new, "senha_atual": password})
    assert asked.status_code == 200, asked.text


def confirmation_of(cloud: RunningCloud, new: str) -> str:
    return newest_link(cloud, new, "Confirme seu novo e-mail no FalaAí", "/verify_link/")


def test_pending_address_change_does_not_survive_a_reset_or_a_new_password(
    people: People, cloud: RunningCloud
) -> None:
    """The account is moved by a stranger who had the password; its owner does what the email to her says."""
    for way in ("reset", "profile"):
        owner = people.member()
        thief = second_device(people, owner)
        theirs = f"ladra-{way}-{owner.email}"
        ask_for_email(thief, theirs)
        link = confirmation_of(cloud, theirs)
        if way == "reset":
            owner.http.post("/password/forgot", json={"email": owner.email})
            reset = newest_link(cloud, owner.email, "Crie outra senha no FalaAí", "/redefinir-senha/")
            form = {"token": reset.rsplit("/", 1)[1], "senha": NEW_PASSWORD}
            assert owner.http.post("/password/reset", json=form).status_code == 200
        else:
            form = {"senha": NEW_PASSWORD, "senha_atual": PASSWORD}
            assert owner.http.put("/profile/update", data=form).status_code == 200
        assert people.stranger().http.get(link).status_code == 410
        assert people.stranger().http.post(link).status_code == 410
        assert people.stranger(theirs).login(NEW_PASSWORD).status_code == 401
        assert owner.login(NEW_PASSWORD).status_code == 200
        assert theirs not in owner.http.get("/profile").text


def test_own_address_calls_a_pending_change_off(member: Person, people: People, cloud: RunningCloud) -> None:
    new = f"arrependida-{member.email}"
    ask_for_email(member, new)
    link = confirmation_of(cloud, new)
    assert "Cancelar a troca" in member.http.get("/profile").text
    off = member.http.put("/profile/update", data={"email": member.email})
    assert (off.status_code, off.json()["message"]) == (
        200,
        "Seu e-mail continua o mesmo. Nenhuma troca está pendente.",
    )
    assert people.stranger().http.post(link).status_code == 410
    page = member.http.get("/profile").text
    assert new not in page
    assert "Cancelar a troca" not in page
    again = member.http.put("/profile/update", data={"email": member.email, "nome_completo": "Ana Clara"})
    assert (again.status_code, again.json()["message"].split(".")[0]) == (200, "Perfil atualizado")


@pytest.mark.parametrize("kind", ["free", "taken"])
def test_newer_address_ends_the_older_link_before_its_own_email_is_sent(
    member: Person, people: People, cloud: RunningCloud, product: Rows, kind: str
) -> None:
    older = f"antes-{kind}-{member.email}"
    ask_for_email(member, older)
    link = confirmation_of(cloud, older)
    newer = people.member().email if kind == "taken" else f"depois-{member.email}"
    ask_for_email(member, newer)
    assert people.stranger().http.post(link).status_code == 410
    assert product.value("SELECT email_novo FROM usuarios WHERE email = %s", member.email) == newer


def test_profile_and_export_are_the_same_for_a_free_and_a_taken_address(people: People, cloud: RunningCloud) -> None:
    owner = people.member()
    seen = []
    for new in (owner.email, f"livre-{owner.email}"):
        asker = people.member()
        ask_for_email(asker, new)
        wait_until(lambda new=new: cloud.emails_to(new), f"an email to {new}")  # type: ignore[misc]
        profile, export = asker.http.get("/profile").text, asker.http.get("/profile/export").json()
        assert [link["dados"] for link in export["tokens"]] == [new]
        account = {name: value for name, value in export["usuarios"][0].items() if name != "id"}
        told = json.dumps([profile, account, [sorted(link) for link in export["tokens"]]])
        told = told.replace(new, "NEW").replace(asker.email, "OWN")
        seen.append(re.sub(r"127\.1\.\d+\.\d+|\d{4}-\d{2}-\d{2}T[\d:.]+", "", told))
    assert seen[0] == seen[1]
    assert cloud.emails_to(owner.email)[0]["subject"] == "Você já tem uma conta no FalaAí"


def test_person_may_ask_for_five_new_addresses_a_day(member: Person) -> None:
    statuses = [
        member.http.put(
            "/profile/update", data={"email": f"{number}-{member.email}", "senha_atual": PASSWORD}
        ).status_code
        for number in range(6)
    ]
    assert statuses == [200] * 5 + [429]
