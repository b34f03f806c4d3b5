"""From a stranger to a kept, titled conversation, with nothing but HTTP."""

from pathlib import Path

from tests.conftest import RunningCloud, at_most, start_cloud, wait_until
from tests.system.conftest import People, Person


def test_walk(person: Person) -> None:
    registered = person.register()
    assert (registered.status_code, registered.json()["redirect_url"]) == (201, "/sucesso")
    with at_most(3, "the email with the link"):
        link = person.link()

    for _ in range(5):  # mail scanners look, some with HEAD
        assert person.http.get(link).status_code == 200
        assert person.http.head(link).status_code == 200
    assert person.login().json()["code"] == "email_not_verified"
    assert 'method="post"' in person.http.get(link).text
    verified = person.http.post(link)
    assert (verified.status_code, verified.headers["location"]) == (303, "/verificado")
    assert person.http.get("/verificado").status_code == 200

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
        return bool(listed["titulo_conversa"] != "Nova Conversa")

    wait_until(titled, 3, "a title")
    question, answer = person.http.get(f"/conversation/{reply['conversation_id']}").json()
    assert (question["remetente"], question["conteudo"]) == ("usuario", "Como faço pão de queijo?")
    assert (answer["remetente"], answer["conteudo"], answer["estado"]) == ("bot", reply["response"], "completa")


def test_login_before_verification_is_403_only_after_a_right_password(person: Person) -> None:
    person.register()
    wrong, right = person.login("senha errada"), person.login()
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert (right.status_code, right.json()["code"]) == (403, "email_not_verified")
    assert not person.http.cookies


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
    assert person.http.post(link).status_code == 303
    for answer in (person.http.post(link), person.http.get(link)):
        assert answer.status_code == 410
        assert "/resend_verification_code" in answer.text


def test_resend_answers_alike_and_writes_only_where_it_should(people: People, cloud: RunningCloud) -> None:
    waiting, stranger = people.stranger(), people.stranger()
    waiting.register()
    first_link = waiting.link()
    answers = [one.http.post("/resend_verification_code", data={"email": one.email}) for one in (waiting, stranger)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    wait_until(lambda: len(cloud.letters_to(waiting.email)) == 2, 5, "a second letter")
    assert waiting.http.get(first_link).status_code == 410
    assert waiting.http.get(waiting.link()).status_code == 200
    assert cloud.letters_to(stranger.email) == []
    refused = waiting.http.post("/resend_verification_code", data={"email": waiting.email})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 120


def test_address_already_taken_gets_the_same_answer_and_a_letter(
    member: Person, people: People, cloud: RunningCloud
) -> None:
    intruder = people.stranger(member.email)
    assert intruder.register(name="Mallory").json() == people.stranger().register().json()
    letter = wait_until(lambda: cloud.letters_to(member.email), 5, "a letter to the owner")[0]
    assert letter["subject"] == "Você já tem uma conta no FalaAí"
    assert "Ana Souza" in member.http.get("/profile").text
