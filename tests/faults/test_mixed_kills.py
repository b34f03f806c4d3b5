"""SIGKILL to random processes of all functions while people register, sign in, ask, stop, delete and the sweep runs.

Whatever was acknowledged is there exactly once afterwards, and nothing is there by halves.
"""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import httpx

from tests.support.faulty_cloud import FaultyCloud
from tests.support.people import People, Person, product_of, second_device, signed_in
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.seeds import SEED
from tests.support.waiting import IS_WHOLE, wait_until

# `make test` takes a sample; `make test-faults` takes the whole.
KILLS = int(os.environ.get("KILLS", "5"))
ACTORS = 4 if KILLS >= 100 else 3
BACK_SECONDS = 2.0
BROKEN = (httpx.HTTPError, AssertionError, KeyError, ValueError)


@dataclass
class UserActor:
    """A user who acts without a pause, and a record of the acknowledged actions."""

    people: People
    person: Person
    number: int
    deletes: bool
    registered: list[str] = field(default_factory=list)
    devices: list[Person] = field(default_factory=list)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    perhaps_deleted: set[int] = field(default_factory=set)
    stopped: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def run(self, ended: Event) -> None:
        chance = random.Random(f"{SEED} {self.number}")
        acts: list[Callable[[], None]] = (
            [self.ask] * 7 + [self.ask_whole] * 2 + [self.register, self.sign_in, self.delete]
        )
        while not ended.is_set():
            act = chance.choice(acts)
            with contextlib.suppress(*BROKEN):  # the connection breaks, or the gateway says 502
                act()
                self.done[act.__name__] += 1
            ended.wait(0.05)

    def _next_id(self) -> str:
        """Return the id of a question that was not acknowledged, to ask it again, or else a new id."""
        if self.unanswered:
            return self.unanswered.pop()
        return self._new_id()

    def _new_id(self) -> str:
        return f"vida-{self.number}-{time.monotonic_ns()}"

    def ask(self) -> None:
        client_id = self._next_id()
        self.unanswered.append(client_id)
        with self.person.stream(f"Pergunta {client_id}", client_id=client_id) as events:
            for name, data in events:
                if name == "start":
                    self.unanswered.remove(client_id)
                    self.asked[client_id] = data
                    if len(self.asked) % 5 == 0:
                        self.stop(data["message_id"])
                    if len(self.asked) % 3:
                        return  # and leaves; the reply goes on without a reader

    def stop(self, message_id: int) -> None:
        if self.person.http.post(f"/chat/replies/{message_id}/stop").status_code == 200:
            self.stopped.append(message_id)

    def ask_whole(self) -> None:
        client_id = self._new_id()
        self.unanswered.append(client_id)
        said = self.person.say(f"Pergunta {client_id}", client_id=client_id)
        self.unanswered.remove(client_id)
        self.asked[client_id] = {"conversation_id": said["conversation_id"]}

    def register(self) -> None:
        stranger = self.people.stranger()
        if stranger.register().status_code == 201:
            self.registered.append(stranger.email)

    def sign_in(self) -> None:
        device = second_device(self.people, self.person)
        self.devices.append(device)

    def delete(self) -> None:
        if not self.deletes or not self.asked:
            self.person.http.post("/reset_chat")
            return
        conversation = next(reversed(self.asked.values()))["conversation_id"]
        self.perhaps_deleted.add(conversation)
        if self.person.http.delete(f"/conversation/{conversation}").status_code == 200:
            self.deleted.add(conversation)


def processes(cloud: RunningCloud) -> list[int]:
    functions = httpx.get(f"{cloud.lambda_api}/functions.json").json()
    return [process["pid"] for one in functions for process in one["processes"] if process["pid"]]


def clean_up(cloud: RunningCloud, ended: Event) -> None:
    while not ended.wait(1):
        with contextlib.suppress(httpx.HTTPError):
            cloud.invoke("CleanupFunction", {})


def kill_at_random(cloud: RunningCloud, chance: random.Random) -> int:
    killed = 0
    while killed < KILLS:
        time.sleep(chance.uniform(0.02, 0.8))
        if alive := processes(cloud):
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(alive), signal.SIGKILL)
                killed += 1
    return killed


def test_mixed_load_survives_kills(faulty: FaultyCloud, faulty_people: People) -> None:
    actors = [
        UserActor(faulty_people, faulty_people.member(), number, deletes=number % 2 == 0) for number in range(ACTORS)
    ]
    ended = Event()
    with ThreadPoolExecutor(ACTORS + 1) as pool:
        running = [pool.submit(actor.run, ended) for actor in actors]
        running.append(pool.submit(clean_up, faulty.cloud, ended))
        try:
            killed = kill_at_random(faulty.cloud, random.Random(SEED))
            last_kill = time.monotonic()
        finally:
            ended.set()
        wait_until(lambda: is_back(actors[0].person), "an answer after the last kill")
        back = time.monotonic() - last_kill
        for one in running:
            one.result()
    acts = sum((actor.done for actor in actors), Counter[str]())
    print(f"seed {SEED}: {killed} kills, answering again after {back:.2f} s; acknowledged: {dict(acts)}")
    assert not IS_WHOLE or back <= BACK_SECONDS
    check_everything(product_of(faulty.cloud), actors)


def is_back(person: Person) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return signed_in(person)
    return False


def check_everything(rows: Rows, actors: list[UserActor]) -> None:
    check_shape(rows)
    for actor in actors:
        check_actor(rows, actor)


def check_shape(rows: Rows) -> None:
    """Check that numbers have no gaps, questions and replies alternate, and no row lacks its parent."""
    gaps = (
        "SELECT c.id FROM conversas c LEFT JOIN mensagens m ON m.id_conversa = c.id GROUP BY c.id, c.ultima_seq"
        " HAVING COUNT(m.id) <> c.ultima_seq OR COALESCE(MIN(m.seq), 1) <> 1 OR COALESCE(MAX(m.seq), 0) <> ultima_seq"
    )
    assert rows.list(gaps) == []
    assert rows.list("SELECT id FROM mensagens WHERE remetente <> IF(seq %% 2, 'usuario', 'ia')") == []
    for child, key, parent in (
        ("mensagens", "id_conversa", "conversas"),
        ("conversas", "id_usuario", "usuarios"),
        ("sessoes", "id_usuario", "usuarios"),
        ("tokens", "id_usuario", "usuarios"),
    ):
        orphans = f"SELECT COUNT(*) FROM {child} a LEFT JOIN {parent} b ON b.id = a.{key} WHERE b.id IS NULL"
        assert rows.value(orphans) == 0


def check_actor(rows: Rows, actor: UserActor) -> None:
    for email in actor.registered:
        assert rows.value("SELECT COUNT(*) FROM usuarios WHERE email = %s", email) == 1
    for device in actor.devices:
        assert signed_in(device)
    for conversation in actor.deleted:
        assert rows.list("SELECT id FROM conversas WHERE id = %s AND apagada = FALSE", conversation) == []
    stored = rows.list(
        "SELECT m.id, m.chave, m.conteudo, m.id_conversa FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
        " JOIN usuarios u ON u.id = c.id_usuario WHERE u.email = %s AND m.remetente = 'usuario'",
        actor.person.email,
    )
    count = Counter(row["chave"] for row in stored)
    assert [key for key, times in count.items() if times > 1] == []
    by_key = {row["chave"]: row for row in stored}
    for client_id, told in actor.asked.items():
        if told["conversation_id"] in actor.perhaps_deleted and client_id not in by_key:
            continue
        assert by_key[client_id]["conteudo"] == f"Pergunta {client_id}"
        assert by_key[client_id]["id_conversa"] == told["conversation_id"]
        assert by_key[client_id]["id"] == told.get("question_id", by_key[client_id]["id"])
    for reply in actor.stopped:
        states = rows.list("SELECT estado FROM mensagens WHERE id = %s", reply)
        assert not states or states[0]["estado"] != "gerando"
    if not actor.deletes:
        counted = (
            "SELECT COALESCE(SUM(mensagens), 0) FROM uso_diario d JOIN usuarios u ON u.id = d.id_usuario"
            " WHERE u.email = %s"
        )
        again = (
            "SELECT COALESCE(SUM(geracao - 1), 0) FROM mensagens m JOIN conversas c ON c.id = m.id_conversa"
            " JOIN usuarios u ON u.id = c.id_usuario WHERE u.email = %s AND m.remetente = 'ia'"
        )
        assert rows.value(counted, actor.person.email) == len(stored) + rows.value(again, actor.person.email)
