"""Registration by invitation over HTTP, on a deployment with SIGNUP=invite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.people import PASSWORD, People, Person, newest_link, product_of
from tests.support.running_cloud import RunningCloud, start_cloud

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def invited_cloud(module_tmp_path: Path) -> Iterator[RunningCloud]:
    (module_tmp_path / "env").write_text("SIGNUP=invite\n")
    cloud = start_cloud(module_tmp_path / "cloud", env_file=module_tmp_path / "env")
    yield cloud
    cloud.stop()


@pytest.fixture
def crowd(invited_cloud: RunningCloud) -> Iterator[People]:
    people = People(invited_cloud)
    yield people
    people.close()


@pytest.fixture
def operator(invited_cloud: RunningCloud, crowd: People) -> Person:
    person = crowd.member()
    product_of(invited_cloud).run("UPDATE usuarios SET papel = 'admin' WHERE email = %s", person.email)
    assert person.http.post("/password/confirm", json={"senha_atual": PASSWORD}).status_code == 200
    return person


def sign_up_form(person: Person, link: str) -> dict[str, str]:
    token = link.rpartition("/")[2]
    return {"nome": "Nova", "email": person.email, "senha": PASSWORD, "termos_registro": "true", "convite": token}


def test_registration_without_an_invitation_is_refused(invited_cloud: RunningCloud, crowd: People) -> None:
    stranger = crowd.stranger()
    refused = stranger.register()
    assert (refused.status_code, refused.json()["code"]) == (403, "invitation_needed")
    page = stranger.http.get("/cadastro", headers=PAGE).text
    assert "é preciso um convite" in page
    assert 'name="senha"' not in page
    count = "SELECT COUNT(*) FROM usuarios WHERE email = %s"
    assert product_of(invited_cloud).value(count, stranger.email) == 0


def test_link_works_without_a_script_after_a_scanner_has_opened_it(
    invited_cloud: RunningCloud, crowd: People, operator: Person
) -> None:
    made = operator.http.post("/admin/invitations", data={"usos": "1", "validade_dias": "7"}, headers=PAGE)
    assert made.status_code == 201
    link = next(part.split('"')[0] for part in made.text.split('value="') if "/convite/" in part)
    invited = crowd.stranger()
    for _ in range(3):
        assert invited.http.get(link).status_code == 200
        assert invited.http.head(link).status_code == 200
    page = invited.http.get(link, headers=PAGE).text
    form = sign_up_form(invited, link)
    assert f'value="{form["convite"]}"' in page
    short = invited.http.post("/register", data={**form, "senha": "curta"}, headers=PAGE)
    assert (short.status_code, f'value="{form["convite"]}"' in short.text) == (422, True)
    done = invited.http.post("/register", data=form, headers=PAGE)
    assert (done.status_code, done.headers["location"]) == (303, "/sucesso")
    assert invited.confirm().status_code == 303
    assert invited.http.get(link).status_code == 410
    assert invited.http.get(link, headers=PAGE).status_code == 410
    other = crowd.stranger()
    refused = other.http.post("/register", json=sign_up_form(other, link))
    assert (refused.status_code, refused.json()["code"]) == (410, "invitation_not_valid")


def test_emailed_invitation_reaches_the_inbox_and_the_list_shows_its_end(
    invited_cloud: RunningCloud, crowd: People, operator: Person
) -> None:
    invited = crowd.stranger()
    form = {"email": invited.email, "grupo": "turma-2", "cota_diaria": 9}
    assert operator.http.post("/admin/invitations", json=form).json() == {"link": None}
    link = newest_link(invited_cloud, invited.email, "Um convite para o FalaAí", "/convite/")
    assert invited.http.post("/register", json=sign_up_form(invited, link)).status_code == 201
    (listed,) = [
        one for one in operator.http.get("/admin/invitations").json()["convites"] if one["email"] == invited.email
    ]
    assert (listed["estado"], listed["usados"], listed["grupo"]) == ("usado", 1, "turma-2")
    assert "/convite/" not in operator.http.get("/admin/invitations", headers=PAGE).text


def test_revoked_invitation_ends_at_once(invited_cloud: RunningCloud, crowd: People, operator: Person) -> None:
    link = operator.http.post("/admin/invitations", json={"usos": 5}).json()["link"]
    newest = operator.http.get("/admin/invitations").json()["convites"][0]["id"]
    assert operator.http.post(f"/admin/invitations/{newest}/revoke").status_code == 200
    assert operator.http.post("/admin/invitations/999999/revoke").status_code == 404
    assert crowd.stranger().http.get(link).status_code == 410


def test_registration_by_invitation_tells_nothing_about_the_address(
    invited_cloud: RunningCloud, crowd: People, operator: Person
) -> None:
    link = operator.http.post("/admin/invitations", json={"usos": 9}).json()["link"]
    taken, free = crowd.member(), crowd.stranger()
    asker = crowd.stranger()

    def answer(person: Person, link: str) -> tuple[int, str, set[str], list[str]]:
        product_of(invited_cloud).run("DELETE FROM limites")
        asker.http.cookies.clear()
        got = asker.http.post("/register", json=sign_up_form(person, link))
        return got.status_code, got.text, set(got.headers), sorted(asker.http.cookies.keys())

    for wrong in ("/convite/", "/convite/inventado"):
        assert answer(taken, wrong) == answer(free, wrong)
    assert answer(taken, link) == answer(free, link)
    assert operator.http.get("/admin/invitations").json()["convites"][0]["usados"] == 2
