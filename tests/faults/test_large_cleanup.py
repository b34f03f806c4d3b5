"""A cleanup of very many messages, killed on the way, while people chat and should not notice."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from threading import Event

import httpx
import pytest

from falaai.connections import connect
from falaai.settings import DatabaseSettings
from tests.support.chatting import latencies
from tests.support.people import People, product_of
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.seeds import SEED
from tests.support.waiting import wait_until

# `make test` takes a sample; `make test-faults` takes the whole.
MESSAGES = int(os.environ.get("MESSAGES", "10000"))
IS_WHOLE = MESSAGES >= 100_000
PEOPLE, QUIET_SECONDS = (10, 30.0) if IS_WHOLE else (2, 1.0)
# Seconds from one kill to the next; ten of them for a million messages.
KILLS, MOMENTS = (MESSAGES // 100_000, (1.0, 4.0)) if IS_WHOLE else (1, (0.0, 0.05))
# Looking costs the people something too.
LOOK_EVERY_SECONDS = 0.5 if IS_WHOLE else 0.02
LONG = 10  # messages in a conversation
MOST_MEGABYTES = 150
FUNCTION = "CleanupFunction"
OLD_USER = "velha@exemplo.com.br"

_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"


@pytest.fixture(scope="module")
def cloud(module_tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud with limits that no user reaches."""
    env = module_tmp_path / "env"
    env.write_text("DAILY_MESSAGES=1000000\nDAILY_CEILING=10000000\n")
    cloud = start_cloud(module_tmp_path, env_file=env)
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture
def product(cloud: RunningCloud) -> Rows:
    return product_of(cloud)


@pytest.fixture
def quick_replies(cloud: RunningCloud) -> None:
    admin = f"{cloud.addresses['gemini']}/admin/pace"
    httpx.put(admin, json={"delay": 0.0, "pieces": 5, "text": "Uma resposta curta."}).raise_for_status()


def fill(cloud: RunningCloud, product: Rows) -> None:
    """Add old conversations of ten messages each, of one user."""
    there = {f"db_{name}": value for name, value in cloud.addresses["database"].items() if name != "socket"}
    owner = product.value("SELECT id FROM usuarios WHERE email = %s", OLD_USER)
    with connect(DatabaseSettings(**there), statement_seconds=600) as connection, connection.cursor() as cursor:
        for _ in range(MESSAGES // LONG // 1000):
            cursor.execute(
                "INSERT INTO conversas (id_usuario, data_criacao, data_atualizacao, ultima_seq)"
                f" {_NUMBERS} SELECT %s, NOW(6), UTC_TIMESTAMP(6) - INTERVAL 100 DAY - INTERVAL i SECOND, %s FROM n",
                (1000, owner, LONG),
            )
            cursor.execute(
                "INSERT INTO mensagens (id_conversa, seq, remetente, conteudo, data_envio)"
                f" {_NUMBERS} SELECT c.id, n.i, IF(n.i %% 2, 'usuario', 'ia'), REPEAT('palavra ', 25), NOW(6)"
                " FROM conversas c CROSS JOIN n WHERE c.id >= LAST_INSERT_ID() AND c.id_usuario = %s",
                (LONG, owner),
            )


def oldest(product: Rows) -> int | None:
    """The conversation that goes next."""
    found = product.list(
        "SELECT id FROM conversas WHERE fixada = FALSE AND data_atualizacao < NOW(6) - INTERVAL 90 DAY"
        " ORDER BY data_atualizacao, id LIMIT 1"
    )
    return found[0]["id"] if found else None


def clean_up_and_be_killed(cloud: RunningCloud, product: Rows, over: Event) -> tuple[int, int]:
    """Invoke until everything is gone, and kill on the way. Returns the kills and the peak of memory in MB.

    On a busy machine a small sample may be gone before it is killed; then there is more to clean up.
    """
    chance, killed, peak = random.Random(SEED), 0, 0
    with ThreadPoolExecutor(1) as pool:
        while True:
            running, first = pool.submit(cloud.invoke, FUNCTION, {}), oldest(product)
            die_at = time.monotonic() + chance.uniform(*MOMENTS)
            while not running.done():
                peak = max([peak, *map(peak_megabytes, cloud.function_processes(FUNCTION))])
                is_under_way = oldest(product) not in (None, first)
                if killed < KILLS and is_under_way and time.monotonic() > die_at:
                    killed += kill(cloud.function_processes(FUNCTION))
                    break
                over.wait(LOOK_EVERY_SECONDS)
            if "errorMessage" in running.result():
                continue
            if killed >= KILLS:
                return killed, peak
            fill(cloud, product)


def peak_megabytes(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def kill(pids: list[int]) -> int:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return 1


@pytest.mark.usefixtures("quick_replies")
def test_users_do_not_notice_a_cleanup(cloud: RunningCloud, people: People, product: Rows) -> None:
    product.user(OLD_USER)
    product.run("UPDATE usuarios SET nome = 'Velha' WHERE email = %s", OLD_USER)
    fill(cloud, product)
    everybody = [people.member() for _ in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as pool:  # all at once, so that there is a warm process for each
        list(pool.map(lambda person: person.say("Aquecendo"), everybody))
    quiet = latencies(everybody, Event(), QUIET_SECONDS)
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        cleaning = pool.submit(clean_up_and_be_killed, cloud, product, over)
        cleaning.add_done_callback(lambda _: over.set())
        busy = latencies(everybody, over)
        killed, peak = cleaning.result()
    seconds = time.monotonic() - began
    print(
        "p50",
        [quantiles(one, n=20)[9] for one in (quiet, busy)],
        "p90",
        [quantiles(one, n=20)[17] for one in (quiet, busy)],
    )
    before, during = (quantiles(one, n=20)[-1] for one in (quiet, busy))
    print(f"deleted {MESSAGES} messages in {seconds:.0f} s, killed {killed} times, peak {peak} MB")
    print(f"p95 {before * 1000:.0f} ms quiet ({len(quiet)}), {during * 1000:.0f} ms during ({len(busy)})")
    assert product.value("SELECT COUNT(*) FROM usuarios WHERE nome = 'Velha'") == 1
    assert product.value("SELECT COUNT(*) FROM conversas c JOIN usuarios u ON u.id = c.id_usuario"
                         " WHERE u.nome = 'Velha'") == 0  # fmt: skip
    assert product.value("SELECT COUNT(*) FROM mensagens m LEFT JOIN conversas c ON c.id = m.id_conversa"
                         " WHERE c.id IS NULL") == 0  # fmt: skip
    assert killed == KILLS
    assert peak <= MOST_MEGABYTES
    if IS_WHOLE:  # a few answers tell nothing of a percentile
        assert during <= 2 * before
    wait_until(lambda: cloud.function_processes(FUNCTION), "the killed function is back")
