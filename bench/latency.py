"""Messages per second and latency of the database's part of a message, by the distance of the database.

A proxy adds the time of a round trip to each request, and COMMIT_MS to each COMMIT. Each person has one connection
and a session, and does what a request does: read the session, store a question, store the end of its reply. There is
no HTTP and no model. A new conversation begins after TURNS messages, because no worker would summarize a long one.
The CPU time of the server per message tells how many messages per second its cores can do at most.
Run: make bench PART=latency
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.built_stack import BuiltStack
from falaai import settings
from falaai.connections import connect
from falaai.database import Database
from falaai.errors import DatabaseUnavailable
from falaai.repositories import running_replies, sessions, usage
from falaai.repositories.messages import State
from falaai.repositories.running_replies import ReplyResult
from falaai.sao_paulo import day_of
from falaai_chat.pending_replies import NewReply
from falaai_chat.questions import ask
from falaai_chat.quota import Limits, Quota
from falaai_chat.schemas import MessageInput
from tests.support.rows import Rows

ROUND_TRIP_MS = (0, 2, 5, 10)
COMMIT_MS = 10
PEOPLE = (1, 8, 16, 32)
CROWD = 128
PROCESSES = 4
TURNS = 10
CELL_SECONDS = 5.0
START_SECONDS = 60.0
MIN_PER_SECOND = 300  # wanted with 32 people and 5 ms per round trip
QUOTA = Limits(Quota(10_000_000, 100_000_000, at_once=1_000))
ENDING = ReplyResult("Uma resposta curta, como muitas são.", State.COMPLETE, None, "none", 300, 12)
_begin_together: Barrier


@dataclass(frozen=True)
class Cell:
    """Results of one number of people at one distance. `unavailable` counts the requests that would answer 503."""

    seconds: list[float]
    unavailable: int

    @property
    def rate(self) -> float:
        return len(self.seconds) / CELL_SECONDS

    def __str__(self) -> str:
        if len(self.seconds) < 2:
            return "–"
        return f"{self.rate:.0f} ({median(self.seconds) * 1000:.0f}, {quantiles(self.seconds, n=100)[98] * 1000:.0f})"


def send_message(database: Database, key: str, number: int) -> None:
    """Do what the database does for message `number` of a person, from the session to the end of the reply."""
    session = sessions.find_session(database, key)
    assert session is not None  # noqa: S101 - added below
    question = MessageInput(message="E o que mais?", client_id=f"{time.time_ns()}", nova=number % TURNS == 0)
    asked = ask(database, session, question, QUOTA)
    assert isinstance(asked, NewReply)  # noqa: S101 - each client_id is new
    running_replies.update_finished_reply(database, asked.reply_id, asked.generation, ENDING)
    usage.update_tokens(database, session.user_id, day_of(session.now), ENDING.tokens_in, ENDING.tokens_out)


def wait_for_all(barrier: Barrier) -> None:
    """Store the barrier at which run_people() waits for the other processes."""
    global _begin_together  # a pool can pass a barrier to its processes only in this way
    _begin_together = barrier


def run_people(address: dict[str, Any], keys: list[str]) -> Cell:
    """Let these people send messages for CELL_SECONDS, from the moment when all people are connected."""
    where = settings.DatabaseSettings(**address)

    def run_one(key: str) -> tuple[list[float], int]:
        database, seconds, unavailable = Database(lambda: connect(where)), list[float](), 0
        number = 0
        send_message(database, key, number)
        _begin_together.wait(START_SECONDS)
        ends_at = time.monotonic() + CELL_SECONDS
        while (began := time.monotonic()) < ends_at:
            try:
                number += 1
                send_message(database, key, number)
                seconds.append(time.monotonic() - began)
            except DatabaseUnavailable:
                unavailable += 1
        return seconds, unavailable

    with ThreadPoolExecutor(len(keys)) as pool:
        results = list(pool.map(run_one, keys))
    return Cell([second for seconds, _ in results for second in seconds], sum(count for _, count in results))


@contextmanager
def delayed(address: dict[str, Any], milliseconds: float) -> Iterator[dict[str, Any]]:
    """Run a proxy to the database. Yields the database's settings with the proxy's address."""
    program = [sys.executable, "-m", "bench.delay_proxy", address["db_host"], str(address["db_port"])]
    proxy = subprocess.Popen([*program, str(milliseconds), str(COMMIT_MS)], stdout=subprocess.PIPE, text=True)
    try:
        assert proxy.stdout is not None  # noqa: S101 - it is a pipe
        yield {**address, "db_host": "127.0.0.1", "db_port": int(proxy.stdout.readline())}
    finally:
        proxy.kill()
        proxy.wait()


def add_people(rows: Rows, count: int) -> list[str]:
    """Add people with a session each. Returns the keys of the sessions."""
    keys = []
    for number in range(count):
        user_id = rows.user(f"latencia-{number}@exemplo.com.br")
        keys.append(f"latencia-{number}")
        rows.run(
            "INSERT INTO sessoes (chave, id_usuario, criada_em, vista_em, expira_em) VALUES"
            " (%s, %s, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 7 DAY)",
            keys[-1],
            user_id,
        )
    return keys


def measure(address: dict[str, Any], keys: list[str]) -> Cell:
    """Run these people in PROCESSES processes, all from the same moment."""
    parts = [part for number in range(PROCESSES) if (part := keys[number::PROCESSES])]
    context = get_context("spawn")
    barrier = context.Barrier(len(keys))
    with ProcessPoolExecutor(len(parts), context, wait_for_all, (barrier,)) as pool:
        cells = [pool.submit(run_people, address, part) for part in parts]
        done = [cell.result() for cell in cells]
    return Cell([second for cell in done for second in cell.seconds], sum(cell.unavailable for cell in done))


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used. See proc_pid_stat(5) for the order of the fields."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table_of(address: dict[str, Any], rows: Rows, server: int) -> str:
    """Measure all cells on the database at this address. `server` is the process id of its server."""
    keys = add_people(rows, CROWD)
    lines = [
        f"| round trip, ms | {' | '.join(f'{people} people' for people in (*PEOPLE, CROWD))} | 503 |",
        "|---|" + "---|" * (len(PEOPLE) + 2),
    ]
    wanted = 0.0
    for milliseconds in ROUND_TRIP_MS:
        with delayed(address, milliseconds) as there:
            cells = [measure(there, keys[:people]) for people in (*PEOPLE, CROWD)]
        lines.append(
            f"| {milliseconds} | {' | '.join(map(str, cells))} | {sum(cell.unavailable for cell in cells)} |"
        )
        if milliseconds == 5:
            wanted = cells[PEOPLE.index(32)].rate
    with delayed(address, 5) as there:
        before = cpu_seconds(server)
        cell = measure(there, keys[:32])
        cpu_ms = (cpu_seconds(server) - before) * 1000 / (len(cell.seconds) + 32)  # and the first message of each
    rate = f"32 people at 5 ms: {wanted:.0f} messages/s; wanted ≥ {MIN_PER_SECOND}."
    cpu = f"The server uses {cpu_ms:.1f} ms of CPU time per message."
    return "\n".join([*lines, "", f"{rate} {cpu}"])


def table(stack: BuiltStack) -> str:
    address = stack.cloud.addresses["database"]
    fields = {f"db_{name}": address[name] for name in ("host", "port", "user", "password", "name")}
    (server,) = stack.cloud.data.glob("*/pid")
    return table_of(fields, stack.product, int(server.read_text()))
