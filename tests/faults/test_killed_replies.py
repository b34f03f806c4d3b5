"""SIGKILL at random moments of a reply: no question is lost, no reply doubled, and each can be answered again."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.people import Person
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.seeds import SEED
from tests.support.waiting import wait_until

# `make test` takes a sample; `make test-faults` takes the whole.
KILLS = int(os.environ.get("REPLY_KILLS", "4"))
FUNCTION = "ChatStreamFunction"
# A reply is killed after one of its first pieces. The others follow slowly, so that it never ends before its kill.
PIECES, KILLED_BY = 60, 10
TEXT = " ".join(f"palavra{number}" for number in range(60))


@pytest.fixture
def pace(cloud: RunningCloud) -> Iterator[Callable[[float], None]]:
    """Function that sets the seconds between two pieces."""
    admin = f"{cloud.addresses['gemini']}/admin/pace"

    def set_pace(delay: float) -> None:
        httpx.put(admin, json={"delay": delay, "pieces": PIECES, "text": TEXT}).raise_for_status()

    yield set_pace
    httpx.put(admin, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()


def idle_processes(cloud: RunningCloud) -> list[int]:
    functions = httpx.get(f"{cloud.lambda_api}/functions.json").json()
    found = [process for one in functions if one["name"] == FUNCTION for process in one["processes"]]
    return [process["pid"] for process in found if process["state"] == "idle"]


def kill(pids: list[int], after_seconds: float = 0) -> None:
    time.sleep(after_seconds)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def ask_and_be_killed(person: Person, cloud: RunningCloud, number: int, moment: float) -> dict[str, int] | None:
    """Kill the stream's processes after so many events or, for a `moment` below one, after so many seconds.

    Returns what the start event acknowledged, if it came before the kill.
    """
    acknowledged = None
    pids = wait_until(lambda: idle_processes(cloud), "an idle process")
    with ThreadPoolExecutor(1) as killer:
        if moment < 1:
            killer.submit(kill, pids, moment)
        # The connection breaks, or the gateway says 502: exactly what is to be survived.
        survived = contextlib.suppress(httpx.HTTPError, AssertionError)
        with survived, person.stream(f"Pergunta {number}", client_id=f"morte-{number}") as events:
            for seen, (name, data) in enumerate(events, 1):
                if name == "start":
                    acknowledged = data
                if seen == int(moment):
                    kill(pids)
    return acknowledged


def test_killed_replies(member: Person, cloud: RunningCloud, product: Rows, pace: Callable[[float], None]) -> None:
    chance = random.Random(SEED)
    pace(0)
    conversation = member.say("Início")["conversation_id"]
    pace(0.1)
    # Before the first event, and after each of the start and the pieces.
    moments = [chance.uniform(0, 1) if number % 4 == 0 else chance.randint(1, KILLED_BY) for number in range(KILLS)]
    acknowledged, killed = {}, 0
    for number, moment in enumerate(moments):
        if start := ask_and_be_killed(member, cloud, number, moment):
            acknowledged[number] = start
        # Sixty seconds pass for the reply whose process is gone; until then it counts as one being generated.
        killed += product.run(
            "UPDATE mensagens SET escrita_em = escrita_em - INTERVAL 61 SECOND WHERE estado = 'gerando'"
        )
    assert set(acknowledged) >= {number for number, moment in enumerate(moments) if moment >= 1}
    assert killed >= 1
    pace(0)
    for number in range(KILLS):
        with member.stream(f"Pergunta {number}", client_id=f"morte-{number}") as events:
            *_, (last, done) = events
        assert (last, done.get("estado")) == ("done", "completa"), done
    stored = product.list(
        "SELECT seq, remetente, conteudo FROM mensagens WHERE id_conversa = %s AND seq > 0 ORDER BY seq", conversation
    )
    assert [row["seq"] for row in stored] == list(range(1, 2 * KILLS + 3))
    questions = [row["conteudo"] for row in stored[::2]]
    assert sorted(questions) == sorted(["Início", *(f"Pergunta {number}" for number in range(KILLS))])
    assert {row["conteudo"] for row in stored[3::2]} <= {TEXT}
    # On a slow machine, a reply has text in the database before it is killed. That text stays as a hidden version.
    hidden = product.list(
        "SELECT remetente, estado, conteudo FROM mensagens WHERE id_conversa = %s AND seq < 0", conversation
    )
    assert {(row["remetente"], row["estado"]) for row in hidden} <= {("ia", "interrompida")}
    assert all(row["conteudo"] and TEXT.startswith(row["conteudo"]) for row in hidden)
    for number, start in acknowledged.items():
        assert product.value("SELECT chave FROM mensagens WHERE id = %s", start["question_id"]) == f"morte-{number}"
