"""Account routes over HTTP, through the whole devcloud."""

import re

import httpx
import pytest

from tests.support.people import PASSWORD, People, Person
from tests.support.running_cloud import RunningCloud

PAGES = ["/", "/login", "/cadastro", "/register", "/sucesso", "/verificacao", "/verificado"]
PAGES += ["/termos", "/privacidade"]


@pytest.mark.parametrize("path", PAGES)
def test_page_is_portuguese_and_safe(cloud: RunningCloud, path: str) -> None:
    page = httpx.get(cloud.gateway + path)
    assert page.status_code == 200
    assert '<html lang="pt-BR">' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert "style=" not in page.text
    assert "<script>" not in page.text


def test_every_answer_is_guarded_errors_and_files_too(cloud: RunningCloud, person: Person) -> None:
    static = re.findall(r'"(/static/[^"]+)"', httpx.get(f"{cloud.gateway}/login").text)[0]
    answers = [
        httpx.get(cloud.gateway + static),
        httpx.get(f"{cloud.gateway}/static/nada.js"),
        httpx.get(f"{cloud.gateway}/conversations"),
        person.http.post("/login", content=b"{"),
        httpx.post(f"{cloud.gateway}/login", json={}),
        httpx.get(f"{cloud.gateway}/verify_link/nada", headers={"accept": "text/html"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 401, 422, 403, 410]
    for answer in answers:
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers[1:])


def test_form_says_what_is_wrong_and_repeats_nothing(person: Person) -> None:
    answer = person.http.post("/register", json={"nome": " ", "email": "x", "senha": "Segredo", "termos_registro": 0})
    body = answer.json()
    assert answer.status_code == 422
    assert body["code"] == "invalid_input"
    assert [field["field"] for field in body["fields"]] == ["nome", "email", "senha", "termos_registro"]
    assert "Segredo" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_broken_json_is_a_portuguese_422(person: Person, content: bytes) -> None:
    answer = person.http.post("/login", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert "Traceback" not in answer.text


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(member: Person) -> None:
    cookie = member.login().headers["set-cookie"]
    assert cookie.startswith("falaai=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_new_sign_in_ends_the_session_the_browser_brought(member: Person, cloud: RunningCloud) -> None:
    old = dict(member.http.cookies)
    assert member.login().status_code == 200
    assert httpx.get(f"{cloud.gateway}/conversations", cookies=old).status_code == 401
    assert member.http.get("/conversations").status_code == 200


def test_logout_ends_the_session_for_good(member: Person, cloud: RunningCloud) -> None:
    old = dict(member.http.cookies)
    out = member.http.post("/logout")
    assert (out.status_code, out.json()["redirect_url"]) == (200, "/login")
    assert out.headers["clear-site-data"] == '"storage"'
    assert not member.http.cookies
    assert httpx.get(f"{cloud.gateway}/conversations", cookies=old).status_code == 401


def test_logout_by_a_form_forgets_as_much(member: Person) -> None:
    out = member.http.post("/logout", data={"a": "b"}, headers={"accept": "text/html"})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert out.headers["clear-site-data"] == '"storage"'
    assert not member.http.cookies


def test_sixth_wrong_password_is_429_even_for_the_right_one_and_signed_in_people_stay(
    member: Person, people: People
) -> None:
    stranger = people.stranger(member.email)
    assert [stranger.login("errada errada").status_code for _ in range(6)] == [401] * 5 + [429]
    locked = stranger.login()
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= 300
    assert member.http.get("/conversations").status_code == 200


def test_profile_shows_only_its_own_user(member: Person, cloud: RunningCloud) -> None:
    assert member.email in member.http.get("/profile").text
    stranger = httpx.get(f"{cloud.gateway}/profile", headers={"accept": "text/html"})
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/login")


def test_signed_in_people_are_taken_to_their_chat(member: Person) -> None:
    for path in ("/", "/login"):
        answer = member.http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/chat")


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
def test_other_sites_cannot_act_for_a_person(member: Person, headers: dict[str, str]) -> None:
    answer = member.http.post("/logout", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert member.http.get("/conversations").status_code == 200


def test_link_is_not_built_from_host(person: Person, cloud: RunningCloud) -> None:
    form = {"nome": "Ana", "email": person.email, "senha": "cavalo bateria", "termos_registro": True}
    evil = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    assert person.http.post("/register", json=form, headers=evil).status_code == 201
    assert person.link().startswith(cloud.gateway)


@pytest.mark.parametrize(
    "target", ["//elsewhere.example", "https://elsewhere.example", "/chat/../logout", "/profile/export"]
)
def test_sign_in_goes_on_with_the_chat_or_the_profile_and_nowhere_else(people: People, target: str) -> None:
    member = people.member()
    form = {"email": member.email, "senha": PASSWORD, "destino": target}
    assert member.http.post("/login", json=form).status_code == 422
    member.http.post("/logout")
    page = member.http.get("/login", params={"destino": target}, headers={"accept": "text/html"})
    assert '<input type="hidden" name="destino" value="/chat">' in page.text


def test_scripts_of_account_pages_are_kept_for_a_year_and_come_whole(cloud: RunningCloud) -> None:
    paths = set(re.findall(r'"(/static/auth/[^"]+)"', httpx.get(f"{cloud.gateway}/login").text))
    assert {path.rsplit(".", 1)[1] for path in paths} == {"js"}
    for path in paths:
        file = httpx.get(cloud.gateway + path)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert not re.search(r"^(import|export)\b", file.text, re.MULTILINE)
    for unknown in ("/static/auth/forms.js", "/static/forms.js", "/static/auth/requests.js"):
        assert httpx.get(cloud.gateway + unknown).status_code == 404
