"""Functions as SnapStart runs them, by AWS's runtime client: stopped where the snapshot is taken, and restored."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from devcloud.http_server import free_port
from tests.conftest import HANG_SECONDS, RunningCloud, wait_until
from tests.lambda_process import LambdaProcess, environment_of, http_event
from tests.system.conftest import Person

# A function whose warm-up does what none of ours does: it connects to everything.
CONNECTED = """
import os
import random

from falaai import snapshots
from falaai.conversation_memory import Turn
from falaai.database import database
from falaai.language_model import Prompt, ask, language_model
from falaai.queue_messages import TitleRequested
from falaai.queues import queues

random.seed(1)
opened = 0

def sockets():
    links = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if name.isdigit()
             and os.path.islink(f"/proc/self/fd/{name}")]
    return sum(link.startswith("socket:") for link in links)

def work():
    database().find("SELECT 1 AS one")
    ask(language_model(), Prompt("Responda.", (Turn(1, "usuario", "Oi"),)), 20)
    queues().send(TitleRequested(conversation_id=1))

def warm_up():
    global opened
    before = sockets()
    work()
    opened = sockets() - before

def handler(event, context):
    work()
    return {"opened": opened, "random": random.random()}

snapshots.register(warm_up)
"""


def connections(pid: int, ports: set[int]) -> list[int]:
    """The remote ports, of these, that a process is connected to."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    mine = [int(row[2].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in links]
    return [port for port in mine if port in ports]


@pytest.fixture
def ports(cloud: RunningCloud) -> set[int]:
    urls = [httpx.URL(str(cloud.addresses[name])) for name in ("gemini", "aws")]
    return {int(cloud.addresses["database"]["port"]), *(url.port or 0 for url in urls)}


def restored(cloud: RunningCloud, folder: Path, ports: set[int]) -> dict[str, Any]:
    (folder / "app.py").write_text(CONNECTED)
    like = cloud.function_processes("ChatFunction")[0]
    process = LambdaProcess(like, snapshot=True, LAMBDA_TASK_ROOT=str(folder))
    try:
        assert connections(process.pid, ports) == []
        process.restore()
        _, answer = process.invoke({})
        assert connections(process.pid, ports) != []
        return dict(answer)
    finally:
        process.stop()


def test_no_connection_is_in_a_snapshot_and_two_restores_draw_other_numbers(
    cloud: RunningCloud, ports: set[int], tmp_path: Path
) -> None:
    first, second = (restored(cloud, tmp_path, ports) for _ in range(2))
    assert first["opened"] >= 2, "the warm-up connected to nothing, so nothing was proved"
    assert len({first["random"], second["random"], random.Random(1).random()}) == 3  # the state it had


def test_restored_functions_answer(cloud: RunningCloud, member: Person, ports: set[int]) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in member.http.cookies.items())
    headers = {"cookie": cookie, "origin": cloud.gateway, "content-type": "application/json"}
    question = http_event("POST", "/chat/message", body=json.dumps({"message": "Oi"}), **headers)
    asked = {
        "AuthFunction": http_event("GET", "/login", accept="text/html"),
        "ChatFunction": question,
    }
    for name, event in asked.items():
        process = LambdaProcess(cloud.function_processes(name)[0], snapshot=True)
        try:
            assert connections(process.pid, ports) == []
            process.restore()
            _, answer = process.invoke(event)
            assert answer["statusCode"] == 200, answer
        finally:
            process.stop()


def test_stream_goes_on_after_the_adapters_hooks(cloud: RunningCloud, member: Person, ports: set[int]) -> None:
    with member.stream("Oi") as events:
        assert list(events)[-1][0] == "done"
    environment = environment_of(cloud.function_processes("ChatStreamFunction")[0])
    folder, port = Path(environment["LAMBDA_TASK_ROOT"]), str(free_port())
    cookie = "; ".join(f"{name}={value}" for name, value in member.http.cookies.items())
    headers = {"cookie": cookie, "origin": cloud.gateway}
    process = subprocess.Popen([folder / "run.sh"], env={**environment, "AWS_LWA_PORT": port}, cwd=folder)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=HANG_SECONDS) as client:
            wait_until(lambda: answers(client), 20, "the server answers")
            assert "event: done" in client.post("/chat/stream", json={"message": "Oi"}).text
            wait_until(lambda: connections(process.pid, ports), 5, "something is connected")
            assert client.post("/snapstart/before").status_code == 204
            wait_until(lambda: not connections(process.pid, ports), 5, "nothing is connected")
            assert client.post("/snapstart/after").status_code == 204
            assert "event: done" in client.post("/chat/stream", json={"message": "E mais?"}).text
    finally:
        process.kill()
        process.wait()


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.ConnectError:
        return False
