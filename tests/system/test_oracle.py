"""Answers do not tell whether an address has an account: not by words, not by headers, not by time.

`make test-faults` takes 300 pairs and judges the medians; `make test` takes a sample, and judges words only.
"""

import os
import statistics
import time
from collections.abc import Callable

import httpx
import pytest

from falaai_auth.passwords import hash_password
from tests.support.people import People
from tests.support.responses import compared_headers
from tests.support.rows import Rows

PAIRS = int(os.environ.get("PAIRS", "8"))
LARGEST_GAP_SECONDS = 0.003

Request = Callable[[httpx.Client, str], httpx.Response]


def register(http: httpx.Client, email: str) -> httpx.Response:
    form = {"nome": "Ana", "email": email, "senha": "cavalo bateria grampo", "termos_registro": True}
    return http.post("/register", json=form)


def login(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/login", json={"email": email, "senha": "senha errada"})


def forgot(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/password/forgot", json={"email": email})


def resend(http: httpx.Client, email: str) -> httpx.Response:
    return http.post("/resend_verification_code", data={"email": email})


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password("uma senha qualquer")


@pytest.mark.parametrize("request_of", [register, login, forgot, resend], ids=lambda request: request.__name__)
@pytest.mark.parametrize("verified", [True, False], ids=["verified", "unverified"])
def test_known_and_unknown_addresses_answer_alike(
    people: People, product: Rows, hashed: str, request_of: Request, verified: bool
) -> None:
    kind = f"{request_of.__name__}-{'verificada' if verified else 'nova'}"
    seconds: dict[str, list[float]] = {"conhecida": [], "desconhecida": []}
    answers = set()
    person = None
    for number in range(PAIRS + 1):
        if number % 5 == 0:  # an address may sign up and guess only so often
            person = people.stranger()
        assert person is not None
        known = f"conhecida-{kind}-{number}@exemplo.com.br"
        product.run(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana', %s, %s, TRUE, UTC_TIMESTAMP(6), %s)",
            known,
            hashed,
            verified,
        )
        order = ["conhecida", "desconhecida"]
        for which in order if number % 2 else order[::-1]:
            began = time.perf_counter()
            answer = request_of(person.http, f"{which}-{kind}-{number}@exemplo.com.br")
            took = time.perf_counter() - began
            if number:  # the first pair warms up
                seconds[which].append(took)
            headers = tuple(sorted(compared_headers(answer).items()))
            answers.add((answer.status_code, headers, answer.content))
    assert len(answers) == 1
    medians = {which: statistics.median(taken) for which, taken in seconds.items()}
    gap = abs(medians["conhecida"] - medians["desconhecida"])
    print(f"{kind}: {PAIRS} pairs, medians {medians}, gap {1000 * gap:.2f} ms")
    if PAIRS >= 300:
        assert gap <= LARGEST_GAP_SECONDS
