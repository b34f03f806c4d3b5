"""From the start of a process to the end of its first real work, for each function as it is built and deployed.

Beside each: a fresh interpreter that only imports what this work cannot be done without, found where the function
finds it. Both run in turns, RUNS times; seconds are medians, and a ratio is the median of those of the pairs, so that
a busy moment touches both sides. As on AWS, secrets are read from SSM (here an emulator), and traces are sent.
Gemini's fake answers without its pauses.
"""

import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.built import BuiltStack
from devcloud.http_server import free_port
from tests.integration.conftest import aws_client
from tests.lambda_process import LambdaProcess, bare_import, environment_of, http_event, queue_event

RUNS = 9
WEB = "fastapi, mangum, pymysql, jinja2"
STREAM = "uvicorn, fastapi, pymysql, jinja2"
WORKER = "aws_lambda_powertools.utilities.batch, pydantic_settings, pymysql"
GEMINI = "langchain_google_genai"
SECRETS = ("DB_PASSWORD", "SESSION_SECRET_KEY", "GEMINI_API_KEY", "SENDGRID_API_KEY")
QUESTION = "Como se faz um bolo de fubá?"
LONG = "palavra " * 500
TITLE = "SELECT titulo_conversa FROM conversas WHERE id = %s"
SUMMARY = "SELECT resumo FROM conversas WHERE id = %s"


@dataclass(frozen=True)
class Work:
    """A function's first work: its event, whether it was really done, and what it is compared with."""

    name: str
    function: str
    event: Callable[[], dict[str, Any]]
    is_done: Callable[[Any], bool]
    bare: str
    wanted: float


def table(built: BuiltStack) -> str:
    """Milliseconds; the first answer's are from the event to the answer."""
    lines = ["| first work | init | answer | both | bare imports | ratio | wanted |", "|---|---|---|---|---|---|---|"]
    with _without_pauses(built):
        lines += [_line(work.name, _pairs(built, work), f"≤ {work.wanted}") for work in works(built)]
        lines.append(_line("a streamed reply’s first piece", _streams(built), "≤ 1.0"))
    return "\n".join(lines)


def works(built: BuiltStack) -> list[Work]:
    cookie, rows = built.cookie(), built.product
    user = built.user_id
    headers = {"cookie": cookie, "origin": built.origin, "content-type": "application/json"}
    newest = itertools.count()  # conversations of the two workers, by the order they are made in
    made: dict[str, int] = {}

    def untitled() -> dict[str, Any]:
        made["titles"] = rows.conversation(user, QUESTION, "Com fubá.")
        return queue_event(conversation_id=made["titles"])

    def long() -> dict[str, Any]:
        made["memory"] = rows.conversation(user, *(f"{next(newest)} {LONG}" for _ in range(8)))
        return queue_event(conversation_id=made["memory"])

    def reply() -> dict[str, Any]:
        built.member.http.post("/reset_chat").raise_for_status()
        return http_event("POST", "/chat/message", body=json.dumps({"message": QUESTION}), **headers)

    def old() -> dict[str, Any]:
        rows.conversation(user, QUESTION, "Com fubá.", days_old=91)
        return {}

    def is_page(answer: Any) -> bool:
        return bool(answer["statusCode"] == 200)

    def none_failed(answer: Any) -> bool:
        return bool(answer == {"batchItemFailures": []})

    gemini = f"{WORKER}, {GEMINI}"
    return [
        Work(
            "sign-in page",
            "AuthFunction",
            lambda: http_event("GET", "/login", accept="text/html"),
            is_page,
            WEB,
            1.25,
        ),
        Work("chat page", "ChatFunction", lambda: http_event("GET", "/chat", cookie=cookie), is_page, WEB, 1.25),
        Work("reply in a new conversation", "ChatFunction", reply, is_page, f"{WEB}, {GEMINI}", 1.0),
        Work(
            "title",
            "TitlesFunction",
            untitled,
            lambda answer: none_failed(answer) and rows.value(TITLE, made["titles"]) != "Nova Conversa",
            gemini,
            1.25,
        ),
        Work(
            "summary",
            "MemoryFunction",
            long,
            lambda answer: none_failed(answer) and bool(rows.value(SUMMARY, made["memory"])),
            gemini,
            1.25,
        ),
        Work(
            "email",
            "EmailFunction",
            lambda: queue_event(letter="senha", user_id=user),
            none_failed,
            f"{WORKER}, jinja2, sendgrid",
            1.25,
        ),
        Work(
            "cleanup", "CleanupFunction", old, lambda answer: bool(answer["conversations"]), f"{WORKER}, boto3", 1.25
        ),
    ]


def _line(name: str, measured: Iterator[tuple[float, float, float]], wanted: str) -> str:
    runs = list(measured)
    columns = [[init, answer, init + answer, bare] for init, answer, bare in runs]
    numbers = " | ".join(f"{median(column) * 1000:.0f}" for column in zip(*columns, strict=True))
    ratio = median((init + answer) / bare for init, answer, bare in runs)
    return f"| {name} | {numbers} | {ratio:.2f} | {wanted} |"


def _pairs(built: BuiltStack, work: Work) -> Iterator[tuple[float, float, float]]:
    """Seconds of init, answer and bare imports."""
    pid = _process_of(built, work.function)
    changes = _as_deployed(built, pid)
    for _ in range(RUNS):
        event = work.event()
        process = LambdaProcess(pid, **changes)  # type: ignore[arg-type]  # none has a parameter's name
        try:
            seconds, answer = process.invoke(event)
        finally:
            process.stop()
        if not work.is_done(answer):
            raise RuntimeError(f"{work.name}: {answer}")
        built.wait_until_quiet()  # the title that a reply asks for would slow down the other side
        yield process.init_seconds, seconds, bare_import(pid, work.bare)


def _streams(built: BuiltStack) -> Iterator[tuple[float, float, float]]:
    """The same for the streaming function; its init ends when the health check answers, as the adapter sees it."""
    pid = _process_of(built, "ChatStreamFunction")
    environment = {**environment_of(pid), **_as_deployed(built, pid)}
    folder = Path(environment["LAMBDA_TASK_ROOT"])
    headers = {"cookie": built.cookie(), "origin": built.origin}
    for _ in range(RUNS):
        built.member.http.post("/reset_chat").raise_for_status()
        port = free_port()
        began = time.perf_counter()
        process = subprocess.Popen(
            [folder / "run.sh"],
            env={**environment, "AWS_LWA_PORT": str(port)},
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
                while not _answers(client):
                    time.sleep(0.005)
                ready = time.perf_counter()
                with client.stream("POST", "/chat/stream", json={"message": QUESTION}) as response:
                    lines = response.iter_lines()
                    next(line for line in lines if line == "event: delta")
                    ended = time.perf_counter()
                    list(lines)  # to the end, or the next run would ask beside it
        finally:
            process.kill()
            process.wait()
        built.wait_until_quiet()
        yield ready - began, ended - ready, bare_import(pid, f"{STREAM}, {GEMINI}")


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.ConnectError:
        return False


def _process_of(built: BuiltStack, function: str) -> int:
    if not built.cloud.function_processes(function):
        built.cloud.invoke(function, {"Records": []} if function != "CleanupFunction" else {"dry_run": True})
    return built.cloud.function_processes(function)[0]


def _as_deployed(built: BuiltStack, pid: int) -> dict[str, str]:
    """Variables as the template has them, and what they name in SSM."""
    environment, ssm = environment_of(pid), aws_client(built.cloud, "ssm")
    for name in SECRETS:
        if name in environment:
            ssm.put_parameter(Name=f"/falaai/{name}", Value=environment[name], Type="SecureString", Overwrite=True)
    named = {name: f"ssm:/falaai/{name}" for name in SECRETS if name in environment}
    return {**named, "POWERTOOLS_TRACE_DISABLED": "false"}


@contextmanager
def _without_pauses(built: BuiltStack) -> Iterator[None]:
    pace = f"{built.cloud.addresses['gemini']}/admin/pace"
    httpx.put(pace, json={"delay": 0, "pieces": None, "text": None}).raise_for_status()
    try:
        yield
    finally:
        httpx.put(pace, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()
