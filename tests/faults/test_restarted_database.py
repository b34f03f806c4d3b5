"""People chat while the database restarts: 503 for as long as it is away, nothing lost, nothing doubled."""

import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from falaai.repositories.abandoned_replies import ABANDONED_SECONDS
from tests.support.faulty_cloud import FaultyCloud
from tests.support.people import People, Person, product_of
from tests.support.rows import Rows
from tests.support.waiting import IS_WHOLE, wait_until

# `make test` takes a sample; `make test-faults` takes the whole.
MINUTES = float(os.environ.get("MINUTES", "0.03"))
PEOPLE = 8 if MINUTES >= 0.5 else 3
# After the server is back: the time of a request that began while it was away.
GRACE_SECONDS = 10.0


@dataclass
class Talk:
    """The answers that one person got, and the time of each 503.

    After a 503 the question may be stored (the answer to its COMMIT was lost), with a reply that no process writes.
    The same question then follows that reply, in vain (504, or a stopped reply) until it counts as abandoned.
    """

    person: Person
    number: int
    refused_at: list[float] = field(default_factory=list)
    followed_at: list[float] = field(default_factory=list)
    unsure: str = ""
    answered: list[str] = field(default_factory=list)

    def go_on(self, enough: threading.Event) -> None:
        while not enough.is_set():
            client_id = f"conversa-{self.number}-{len(self.answered)}"
            while not self.ask(client_id):
                time.sleep(0.2)
            self.answered.append(client_id)
            time.sleep(0.3)

    def ask(self, client_id: str) -> bool:
        question = {"message": f"Pergunta {client_id}", "client_id": client_id}
        answer = self.person.http.post("/chat/message", json=question)
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            self.refused_at.append(time.monotonic())
            self.unsure = client_id
            return False
        is_unsure = client_id == self.unsure
        assert answer.status_code in ((200, 504) if is_unsure else (200,)), answer.text
        if answer.status_code == 200 and answer.json()["estado"] == "completa":
            return True
        assert is_unsure, answer.text
        self.followed_at.append(time.monotonic())
        return False


def test_restart_while_people_chat(faulty: FaultyCloud, faulty_people: People) -> None:
    talks = [Talk(faulty_people.member(), number) for number in range(PEOPLE)]
    for talk in talks:
        talk.person.say("Aquecendo")
    with ThreadPoolExecutor(PEOPLE) as pool:
        enough = threading.Event()
        running = [pool.submit(talk.go_on, enough) for talk in talks]
        time.sleep(MINUTES * 30)
        went = time.monotonic()
        faulty.server.stop()
        time.sleep(min(3.0, MINUTES * 15))
        wait_until(lambda: any(talk.refused_at for talk in talks), "a person meets the outage")
        faulty.server.start()
        back = time.monotonic()
        time.sleep(MINUTES * 30)
        enough.set()
        for one in running:
            one.result()
    refused = [at for talk in talks for at in talk.refused_at]
    answered = sum(len(talk.answered) for talk in talks)
    print(f"{answered} answers; away for {back - went:.1f} s, {len(refused)} refusals")
    assert all(went <= at for at in refused)
    assert not IS_WHOLE or all(at <= back + GRACE_SECONDS for at in refused)
    followed = [at for talk in talks for at in talk.followed_at]
    assert not IS_WHOLE or all(at <= back + ABANDONED_SECONDS + GRACE_SECONDS for at in followed)
    check_stored(product_of(faulty.cloud), talks)


def check_stored(rows: Rows, talks: list[Talk]) -> None:
    for talk in talks:
        stored = rows.list(
            "SELECT q.chave, q.seq, r.estado, r.conteudo FROM mensagens q JOIN conversas c ON c.id = q.id_conversa"
            " JOIN usuarios u ON u.id = c.id_usuario"
            " JOIN mensagens r ON r.id_conversa = q.id_conversa AND r.seq = q.seq + 1"
            " WHERE u.email = %s AND q.remetente = 'usuario' AND q.chave IS NOT NULL ORDER BY q.seq",
            talk.person.email,
        )
        assert Counter(row["chave"] for row in stored) == Counter(talk.answered)
        assert {row["estado"] for row in stored} == {"completa"}
        assert all(row["conteudo"] for row in stored)
        assert [row["seq"] for row in stored] == list(range(3, 3 + 2 * len(stored), 2))


def test_question_that_was_stored_before_the_outage_is_answered_once(
    faulty: FaultyCloud, faulty_people: People
) -> None:
    """The answer to its COMMIT is lost, and the database is away: the process cannot learn that it was stored."""
    talk = Talk(faulty_people.member(), 1)
    first = talk.person.http.post("/chat/message", json={"message": "Aquecendo"})
    faulty.cloud.wait_until_handled("TitlesFunction", first)  # its job has a COMMIT of its own
    is_sent = threading.Event()

    def is_last_before_outage(request: bytes) -> bool:
        if b"Pergunta a-1" in request:
            is_sent.set()
        if is_last := is_sent.is_set() and b"\x03COMMIT" in request:
            faulty.database.dropping()
        return is_last

    faulty.database.swallowing(is_last_before_outage)
    assert not talk.ask("a-1")
    faulty.database.passing()
    assert not talk.ask("a-1")
    assert (len(talk.refused_at), len(talk.followed_at)) == (1, 1)
    rows = product_of(faulty.cloud)
    rows.run("UPDATE mensagens SET escrita_em = escrita_em - INTERVAL 61 SECOND WHERE estado = 'gerando'")
    assert talk.ask("a-1")
    talk.answered.append("a-1")
    check_stored(rows, [talk])
