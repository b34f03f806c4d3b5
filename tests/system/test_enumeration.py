"""No sequence of requests tells whether an address has a confirmed, an unconfirmed or no account.

Two people play the same requests against one address of each kind; one has an account of her own, so she can also
ask to move it to that address. Whatever they can read has to be equal: status, headers, body, and the emails that
other addresses get. `make test-faults` plays SEQUENCES of them; `make test` plays a few, always the same ones.
"""

import itertools
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import httpx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from falaai_auth.passwords import hash_password
from tests.support.people import PASSWORD, People, Person, product_of
from tests.support.responses import compared_headers
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.waiting import wait_until

SEQUENCES = int(os.environ.get("SEQUENCES", "3"))
KINDS = ("confirmed", "unconfirmed", "none")
# Lengths follow from the bodies, in which the people's own addresses are of different length.
UNCOMPARED = ("content-length", "x-amzn-remapped-content-length")
LONGEST_PAUSE_SECONDS = 120
GUESS = "palavra do intruso"
_number = itertools.count(1)


@dataclass
class Game:
    """One target address, and the two people who try to find out about it."""

    people: People
    product: Rows
    target: str
    changes: int = 0
    transcript: list[object] = field(default_factory=list)

    @cached_property
    def stranger(self) -> Person:
        return self.people.stranger(self.target)

    @cached_property
    def member(self) -> Person:
        return self.people.member()

    def play(self, move: str) -> None:
        answer = MOVES[move](self)
        if move == "member changes email" and answer.status_code == 200:
            self.changes += 1
            self._wait_for_emails()
        others = self.changes and len(self.people.cloud.emails_to(self.member.email))
        self.transcript.append((move, answer.status_code, self._headers(answer), self._body(answer), others))

    def _wait_for_emails(self) -> None:
        cloud, link = self.people.cloud, "SELECT COUNT(*) FROM tokens WHERE finalidade = 'email' AND dados = %s"
        wait_until(lambda: self.product.value(link, self.target), "the link of the new address")
        wait_until(lambda: len(cloud.emails_to(self.member.email)) >= self.changes, "the notice to the member")

    def _headers(self, answer: httpx.Response) -> dict[str, str]:
        headers = compared_headers(answer, *UNCOMPARED)
        if "set-cookie" in headers:
            headers["set-cookie"] = re.sub(r"expires=[^;]+", "", headers["set-cookie"])
        if "retry-after" in headers:  # seconds have passed, and not as many for each kind
            headers["retry-after"] = "soon" if int(headers["retry-after"]) <= LONGEST_PAUSE_SECONDS else "later"
        return headers

    def _body(self, answer: httpx.Response) -> str:
        own = self.member.email if "member" in self.__dict__ else self.target
        body = answer.text.replace(self.target, "TARGET").replace(own, "OWN")
        return re.sub(r'127\.1\.\d+\.\d+|Espere \d+ \w+|\d{4}-\d{2}-\d{2}T[\d:.]+|"id":\d+', "", body)


def put_new_email(game: Game) -> httpx.Response:
    form = {"email": game.target, "senha_atual": PASSWORD}
    return game.member.http.put("/profile/update", data=form)


MOVES: dict[str, Callable[[Game], httpx.Response]] = {
    "stranger registers": lambda game: game.stranger.register(GUESS),
    "stranger signs in": lambda game: game.stranger.login(GUESS),
    "stranger guesses": lambda game: game.stranger.login("errada errada"),
    "stranger forgets": lambda game: game.stranger.http.post("/password/forgot", json={"email": game.target}),
    "stranger resends": lambda game: game.stranger.http.post(
        "/resend_verification_code", data={"email": game.target}
    ),
    "member registers": lambda game: Person.register(
        Person(game.people.cloud, game.member.http, game.target, game.member.address), PASSWORD
    ),
    "member signs in": lambda game: game.member.http.post("/login", json={"email": game.target, "senha": PASSWORD}),
    "member changes email": put_new_email,
    "member reads profile": lambda game: game.member.http.get("/profile", headers={"accept": "text/html"}),
    "member exports": lambda game: game.member.http.get("/profile/export"),
    "member deletes account": lambda game: game.member.http.request(
        "DELETE", "/profile", json={"senha_atual": PASSWORD}
    ),
}


def start_game(people: People, product: Rows, kind: str, number: int, hashed: str) -> Game:
    # Of equal length, so that whole answers can be compared.
    target = f"alvo-{number:06}-{KINDS.index(kind)}@exemplo.com.br"
    if kind != "none":
        product.run(
            "INSERT INTO usuarios (nome, email, senha, termos_registro, data_registro, email_verified)"
            " VALUES ('Ana', %s, %s, TRUE, UTC_TIMESTAMP(6), %s)",
            target,
            hashed,
            kind == "confirmed",
        )
    return Game(people, product, target)


def test_no_sequence_of_requests_tells_who_has_an_account(people: People, cloud: RunningCloud) -> None:
    hashed, product, played = hash_password("a senha de quem tem a conta"), product_of(cloud), []

    @settings(
        max_examples=SEQUENCES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(sorted(MOVES)), min_size=2, max_size=6))
    @example(["stranger registers", "stranger signs in", "stranger guesses", "stranger resends", "stranger forgets"])
    @example(["member changes email", "member reads profile", "member exports", "member deletes account"])
    def check(moves: list[str]) -> None:
        number = next(_number)
        games = [start_game(people, product, kind, number, hashed) for kind in KINDS]

        def play(game: Game) -> list[object]:
            for move in moves:
                game.play(move)
            return game.transcript

        with ThreadPoolExecutor(len(games)) as pool:
            transcripts = list(pool.map(play, games))
        played.append(len(moves))
        for transcript in transcripts[1:]:
            assert transcript == transcripts[0]

    check()
    print(f"{len(played)} sequences of {sum(played)} requests, against each kind of address")
    assert len(played) >= SEQUENCES
