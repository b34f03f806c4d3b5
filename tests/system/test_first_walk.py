"""From a stranger to a kept, titled conversation, with nothing but HTTP."""

import re
from pathlib import Path

from tests.support.people import PASSWORD, People, Person, newest_link
from tests.support.responses import VARYING
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import at_most, wait_until


def test_walk(person: Person) -> None:
    registered = person.register()
    assert (registered.status_code, registered.json()["redirect_url"]) == (201, "/sucesso")
    with at_most(3, "the email with the link"):
        link = person.link()

    for _ in range(5):  # mail scanners look, some with HEAD
        assert person.http.get(link).status_code == 200
        assert person.http.head(link).status_code == 200
    assert person.login().json()["code"] == "wrong_credentials"
    assert 'method="post"' in person.http.get(link).text
    verified = person.confirm(link)
    assert (verified.status_code, verified.headers["location"]) == (303, "/chat")
    assert person.http.get("/chat").status_code == 200
    assert person.http.post("/logout").status_code == 200

    signed_in = person.login()
    assert signed_in.status_code == 200
    assert signed_in.json()["redirect_url"] == "/chat"

    reply = person.say("Como faço pão de queijo?", client_id="a-1")
    assert "pão de queijo" in reply["response"]
    assert reply["html"].startswith("<p>")
    assert (reply["language"], reply["client_id"]) == ("pt-BR", "a-1")

    def titled() -> bool:
        (listed,) = person.http.get("/conversations").json()
        assert listed["id"] == reply["conversation_id"]
        return bool(listed["titulo_conversa"] != "Como faço pão de queijo?")

    wait_until(titled, "a title")
    question, answer = person.http.get(f"/conversation/{reply['conversation_id']}").json()
    assert (question["remetente"], question["conteudo"]) == ("usuario", "Como faço pão de queijo?")
    assert (answer["remetente"], answer["conteudo"], answer["estado"]) == ("bot", reply["response"], "completa")


def test_unconfirmed_account_is_refused_like_a_wrong_password(people: People) -> None:
    """Registering and signing in with the same password answers alike for a confirmed and a free address."""
    owner = people.member()
    answers = []
    for stranger in (people.stranger(owner.email), people.stranger()):
        stranger.register("palavra do intruso")
        tries = [stranger.login(password) for password in ["palavra do intruso", "senha errada"] * 3]
        assert [one.status_code for one in tries] == [401] * 5 + [429]
        assert "falaai" not in stranger.http.cookies
        answers += [(one.content, {k: v for k, v in one.headers.items() if k not in VARYING}) for one in tries[:5]]
    assert all(answer == answers[0] for answer in answers)
    asked = people.stranger().http.post(
        "/login", data={"email": "x@exemplo.com.br", "senha": "y"}, headers={"accept": "text/html"}
    )
    assert asked.status_code == 401
    offer = re.search(r'<p data-when="wrong_credentials"( hidden)?><a [^>]*href="/verificacao"', asked.text)
    assert offer is not None
    assert offer[1] is None


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    cloud = start_cloud(tmp_path)
    people = People(cloud)
    member = people.member()
    reply = member.say("Guarde isto, por favor")
    assert cloud.stop() == 0

    again = start_cloud(tmp_path)
    try:
        member.http.base_url = again.gateway
        (listed,) = member.http.get("/conversations").json()
        assert listed["id"] == reply["conversation_id"]
        messages = member.http.get(f"/conversation/{listed['id']}").json()
        assert [message["conteudo"] for message in messages] == ["Guarde isto, por favor", reply["response"]]
    finally:
        people.close()
        assert again.stop() == 0


def test_used_link_is_gone_with_a_way_on(person: Person) -> None:
    person.register()
    link = person.link()
    assert person.confirm(link).status_code == 303
    for answer in (person.confirm(link), person.http.get(link)):
        assert answer.status_code == 410
        assert "/resend_verification_code" in answer.text


def test_confirming_needs_the_password_of_the_registration(people: People, cloud: RunningCloud) -> None:
    """A stranger registers the address a moment later; both emails look alike, and the owner opens the newest."""
    owner = people.stranger()
    thief = people.stranger(owner.email)
    assert owner.register().status_code == 201
    owner.link()
    assert thief.register("senha do intruso").status_code == 201
    wait_until(lambda: len(cloud.emails_to(owner.email)) == 2, "the second email")
    link = owner.link()
    refused = owner.confirm(link)
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "senha")
    page = owner.http.post(link, data={"senha": "ainda não é esta"}, headers={"accept": "text/html"})
    assert page.status_code == 422
    assert "Esta não é a senha do cadastro. O link continua valendo." in page.text
    assert "/esqueci-senha" in page.text
    assert owner.http.post(link).status_code == 422
    assert owner.http.get(link).status_code == 200
    assert "falaai" not in owner.http.cookies
    assert thief.login("senha do intruso").status_code == 401

    owner.http.post("/password/forgot", json={"email": owner.email})
    token = newest_link(cloud, owner.email, "Crie outra senha no FalaAí", "/redefinir-senha/").rsplit("/", 1)[1]
    assert owner.http.post("/password/reset", json={"token": token, "senha": PASSWORD}).status_code == 200
    assert owner.login().status_code == 200
    assert thief.login("senha do intruso").status_code == 401
    assert thief.confirm(link, "senha do intruso").status_code == 410


def test_password_of_a_link_is_tried_five_times(person: Person, people: People) -> None:
    person.register()
    link = person.link()
    guesser = people.stranger(person.email)
    assert [guesser.confirm(link, "errada errada").status_code for _ in range(6)] == [422] * 5 + [429]
    assert guesser.confirm(link).status_code == 429
    assert person.http.get(link).status_code == 200


def test_resend_answers_alike_and_writes_only_where_it_should(people: People, cloud: RunningCloud) -> None:
    waiting, stranger = people.stranger(), people.stranger()
    waiting.register()
    first_link = waiting.link()
    at_once = waiting.http.post("/resend_verification_code", data={"email": waiting.email})
    assert at_once.status_code == 429  # the pause that its own registration began
    waiting = people.stranger(waiting.email)
    answers = [one.http.post("/resend_verification_code", data={"email": one.email}) for one in (waiting, stranger)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    wait_until(lambda: len(cloud.emails_to(waiting.email)) == 2, "a second email")
    assert waiting.http.get(first_link).status_code == 410
    assert waiting.http.get(waiting.link()).status_code == 200
    assert cloud.emails_to(stranger.email) == []
    refused = waiting.http.post("/resend_verification_code", data={"email": waiting.email})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 120


def test_taken_address_gets_the_same_answer_and_an_email(member: Person, people: People, cloud: RunningCloud) -> None:
    intruder = people.stranger(member.email)
    assert intruder.register(name="Mallory").json() == people.stranger().register().json()
    email = wait_until(lambda: cloud.emails_to(member.email), "an email to the owner")[0]
    assert email["subject"] == "Você já tem uma conta no FalaAí"
    assert "Ana Souza" in member.http.get("/profile").text
