"""Links and limits hold, however many try at once and whatever addresses they claim."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.people import PASSWORD, People, Person, second_device
from tests.support.rows import Rows


def test_link_survives_a_hundred_looks_and_of_twenty_at_once_one_succeeds(person: Person) -> None:
    person.register()
    link = person.link()
    for number in range(100):
        assert person.http.request("HEAD" if number % 2 else "GET", link).status_code == 200
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: person.confirm(link).status_code, range(20)))
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 410, 429}  # five at most look at the password at once
    assert person.confirm(link).status_code == 410


@pytest.mark.parametrize("known", [True, False])
def test_fifty_wrong_passwords_at_once_are_five_tries(people: People, known: bool) -> None:
    email = people.member().email if known else "desconhecida@exemplo.com.br"
    person = people.stranger(email)

    def guess(number: int) -> int:
        spoofed = {"x-forwarded-for": f"9.9.9.{number}", "forwarded": f"for=9.9.9.{number}", "x-real-ip": "9.9.9.9"}
        return person.http.post("/login", json={"email": email, "senha": "errada"}, headers=spoofed).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(guess, range(50)))
    assert sorted(statuses) == [401] * 5 + [429] * 45


def test_one_address_may_guess_twenty_times(people: People) -> None:
    person = people.stranger()

    def guess(number: int) -> int:
        form = {"email": f"alguem{number}@exemplo.com.br", "senha": "errada"}
        return person.http.post("/login", json=form, headers={"x-forwarded-for": f"8.8.8.{number}"}).status_code

    with ThreadPoolExecutor(11) as pool:
        statuses = list(pool.map(guess, range(22)))
    assert sorted(statuses) == [401] * 20 + [429] * 2


def test_stranger_who_guesses_locks_out_only_himself(people: People) -> None:
    owner = people.member()
    stranger = people.stranger(owner.email)
    assert [stranger.login("errada errada").status_code for _ in range(6)] == [401] * 5 + [429]
    assert people.stranger(owner.email).login().status_code == 200
    change = owner.http.put("/profile/update", data={"senha": "outra senha comprida", "senha_atual": PASSWORD})
    assert change.status_code == 200
    deleted = owner.http.request("DELETE", "/profile", json={"senha_atual": "outra senha comprida"})
    assert deleted.status_code == 200


def test_wrong_passwords_inside_a_session_are_counted_by_it(people: People) -> None:
    member = people.member()
    other = second_device(people, member)
    wrong = {"senha": "outra senha comprida", "senha_atual": "errada errada"}
    statuses = [other.http.put("/profile/update", data=wrong).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    right = {"senha": "outra senha comprida", "senha_atual": PASSWORD}
    assert member.http.put("/profile/update", data=right).status_code == 200


def resend(person: Person) -> httpx.Response:
    return person.http.post("/resend_verification_code", data={"email": person.email})


def forgot(person: Person) -> httpx.Response:
    return person.http.post("/password/forgot", json={"email": person.email})


@pytest.mark.parametrize("ask", [Person.register, resend, forgot], ids=["register", "resend", "forgot"])
def test_stranger_who_asks_for_emails_keeps_the_owner_from_none(
    people: People, product: Rows, ask: Callable[[Person], httpx.Response]
) -> None:
    """As many requests as one IP address may make in a day, the pauses over."""
    over = "UPDATE limites SET fim = UTC_TIMESTAMP(6) WHERE fim < UTC_TIMESTAMP(6) + INTERVAL 2 MINUTE"
    owner = people.stranger()
    stranger = people.stranger(owner.email)
    assert [ask(stranger).status_code // 100 for _ in range(2)] == [2, 4]
    for _ in range(5):
        product.run(over)
        last = ask(stranger)
    assert (last.status_code, int(last.headers["retry-after"]) > 3600) == (429, True)
    assert owner.register().status_code == 201
    assert forgot(owner).status_code == 200
    product.run(over)
    assert resend(owner).status_code == 200


@pytest.mark.parametrize("ask", [resend, forgot])
def test_one_address_may_ask_for_twenty_emails_an_hour(
    people: People, ask: Callable[[Person], httpx.Response]
) -> None:
    person, statuses = people.stranger(), []
    for number in range(21):
        person.email = f"alguma{number}-{ask.__name__}@exemplo.com.br"
        statuses.append(ask(person).status_code)
    assert statuses == [200] * 20 + [429]


def test_deletion_is_not_seen_in_limits_and_gives_no_second_quota(people: People) -> None:
    owner = people.member()
    stranger = people.stranger(owner.email)
    assert [stranger.login("errada errada").status_code for _ in range(6)] == [401] * 5 + [429]
    left = owner.http.post("/chat/message", json={"message": "Oi"}).json()["restam"]
    assert owner.http.request("DELETE", "/profile", json={"senha_atual": PASSWORD}).status_code == 200
    assert stranger.login("errada errada").status_code == 429
    assert owner.register().status_code == 201
    assert owner.confirm().status_code == 303
    assert owner.http.post("/chat/message", json={"message": "Oi"}).json()["restam"] == left - 1


def test_one_address_may_sign_up_twenty_times_an_hour(people: People) -> None:
    person = people.stranger()
    form = {"nome": "Ana", "senha": "cavalo bateria grampo", "termos_registro": True}
    emails = [f"muitas{number}@exemplo.com.br" for number in range(21)]
    statuses = [person.http.post("/register", json={**form, "email": email}).status_code for email in emails]
    assert statuses == [201] * 20 + [429]
