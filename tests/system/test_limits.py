"""Links and limits hold, however many try at once and whatever addresses they claim."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.conftest import People, Person


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

    def guess(number: int) -> int:
        person = people.stranger(email)
        spoofed = {"x-forwarded-for": f"9.9.9.{number}", "forwarded": f"for=9.9.9.{number}", "x-real-ip": "9.9.9.9"}
        return person.http.post("/login", json={"email": email, "senha": "errada"}, headers=spoofed).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(guess, range(50)))
    assert sorted(statuses) == [401] * 5 + [429] * 45


def test_one_address_may_guess_twenty_times(people: People) -> None:
    person = people.stranger()
    statuses = [
        person.http.post(
            "/login",
            json={"email": f"alguem{number}@exemplo.com.br", "senha": "errada"},
            headers={"x-forwarded-for": f"8.8.8.{number}"},
        ).status_code
        for number in range(22)
    ]
    assert statuses == [401] * 20 + [429] * 2


def test_one_address_may_sign_up_twenty_times_an_hour(people: People) -> None:
    person = people.stranger()
    form = {"nome": "Ana", "senha": "cavalo bateria grampo", "termos_registro": True}
    emails = [f"muitas{number}@exemplo.com.br" for number in range(21)]
    statuses = [person.http.post("/register", json={**form, "email": email}).status_code for email in emails]
    assert statuses == [201] * 20 + [429]
