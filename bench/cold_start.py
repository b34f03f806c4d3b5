"""Time from the start of a process to the end of its first work, for each function as built and deployed.

The comparison is a new interpreter that only imports the packages which this work needs, from the same paths. Both
run alternately, RUNS times, so that load on the machine affects both. Times are medians; a ratio is the median of the
ratios of each pair. As on AWS, secrets are read from SSM (here an emulator). The Gemini fake answers without
delay.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx

from bench.built_stack import BuiltStack
from bench.stream_process import QUESTION, start_stream
from tests.support.lambda_process import LambdaProcess, bare_import, environment_of, http_event, queue_event
from tests.support.services import aws_client

RUNS = 9
WEB = "fastapi, mangum, pymysql, jinja2"
STREAM = "uvicorn, fastapi, pymysql, jinja2"
WORKER = "aws_lambda_powertools.utilities.batch, pydantic.main, pydantic.types, pymysql"
GEMINI = "langchain_google_genai"
SECRETS = ("DB_PASSWORD", "SESSION_SECRET_KEY", "GEMINI_API_KEY", "SENDGRID_API_KEY")
LONG = "palavra " * 500
TITLE = "SELECT titulo_conversa = 'Nova Conversa' OR titulo_provisorio FROM conversas WHERE id = %s"
SUMMARY = "SELECT resumo FROM conversas WHERE id = %s"


@dataclass(frozen=True)
class ColdStartCase:
    """First work of a function. `bare` lists the imports to compare with; `wanted` is the highest allowed ratio."""

    name: str
    function: str
    event: Callable[[], dict[str, Any]]
    is_done: Callable[[Any], bool]
    bare: str
    wanted: float


def table(stack: BuiltStack) -> str:
    """Return the table, in milliseconds. The column `answer` is the time from the event to the answer."""
    lines = ["| first work | init | answer | both | bare imports | ratio | wanted |", "|---|---|---|---|---|---|---|"]
    with _gemini_without_delay(stack):
        lines += [
            _line(case.name, _measure_case(stack, case), f"≤ {case.wanted}") for case in cold_start_cases(stack)
        ]
        lines.append(_line("a streamed reply’s first piece", _measure_stream(stack), "≤ 1.0"))
    return "\n".join(lines)


def cold_start_cases(stack: BuiltStack) -> list[ColdStartCase]:
    cookie, rows = stack.cookie(), stack.product
    user = stack.user_id
    headers = {"cookie": cookie, "origin": stack.origin, "content-type": "application/json"}
    numbers = itertools.count()  # makes the texts of each conversation different
    made: dict[str, int] = {}

    def untitled_conversation() -> dict[str, Any]:
        made["titles"] = rows.conversation(user, QUESTION, "Com fubá.")
        return queue_event(conversation_id=made["titles"])

    def long_conversation() -> dict[str, Any]:
        made["memory"] = rows.conversation(user, *(f"{next(numbers)} {LONG}" for _ in range(8)))
        return queue_event(conversation_id=made["memory"])

    def reply() -> dict[str, Any]:
        stack.member.http.post("/reset_chat").raise_for_status()
        return http_event("POST", "/chat/message", body=json.dumps({"message": QUESTION}), **headers)

    def old_conversation() -> dict[str, Any]:
        rows.conversation(user, QUESTION, "Com fubá.", days_old=91)
        return {}

    def is_page(answer: Any) -> bool:
        return bool(answer["statusCode"] == 200)

    def none_failed(answer: Any) -> bool:
        return bool(answer == {"batchItemFailures": []})

    gemini = f"{WORKER}, {GEMINI}"
    return [
        ColdStartCase(
            "sign-in page",
            "AuthFunction",
            lambda: http_event("GET", "/login", accept="text/html"),
            is_page,
            WEB,
            1.25,
        ),
        ColdStartCase(
            "chat page", "ChatFunction", lambda: http_event("GET", "/chat", cookie=cookie), is_page, WEB, 1.25
        ),
        ColdStartCase("reply in a new conversation", "ChatFunction", reply, is_page, f"{WEB}, {GEMINI}", 1.0),
        ColdStartCase(
            "title",
            "TitlesFunction",
            untitled_conversation,
            lambda answer: none_failed(answer) and not rows.value(TITLE, made["titles"]),
            gemini,
            1.25,
        ),
        ColdStartCase(
            "summary",
            "MemoryFunction",
            long_conversation,
            lambda answer: none_failed(answer) and bool(rows.value(SUMMARY, made["memory"])),
            gemini,
            1.25,
        ),
        ColdStartCase(
            "email",
            "EmailFunction",
            lambda: queue_event(letter="senha", user_id=user),
            none_failed,
            f"{WORKER}, jinja2, sendgrid",
            1.25,
        ),
        ColdStartCase(
            "cleanup",
            "CleanupFunction",
            old_conversation,
            lambda answer: bool(answer["conversations"]),
            f"{WORKER}, boto3",
            1.25,
        ),
    ]


def _line(name: str, measured: Iterator[tuple[float, float, float]], wanted: str) -> str:
    runs = list(measured)
    columns = [[init, answer, init + answer, bare] for init, answer, bare in runs]
    numbers = " | ".join(f"{median(column) * 1000:.0f}" for column in zip(*columns, strict=True))
    ratio = median((init + answer) / bare for init, answer, bare in runs)
    return f"| {name} | {numbers} | {ratio:.2f} | {wanted} |"


def _measure_case(stack: BuiltStack, case: ColdStartCase) -> Iterator[tuple[float, float, float]]:
    """Measure one case RUNS times. Yields seconds of init, answer and bare imports."""
    pid = process_of(stack, case.function)
    changes = deployed_variables(stack, pid)
    for _ in range(RUNS):
        event = case.event()
        process = LambdaProcess(pid, **changes)  # type: ignore[arg-type]  # no variable has the name of a parameter
        try:
            seconds, answer = process.invoke(event)
        finally:
            process.stop()
        if not case.is_done(answer):
            raise RuntimeError(f"{case.name} failed: {answer}")
        stack.wait_until_quiet()  # the title job of a reply would slow down the bare imports
        yield process.init_seconds, seconds, bare_import(pid, case.bare)


def _measure_stream(stack: BuiltStack) -> Iterator[tuple[float, float, float]]:
    """Measure a cold start of the streaming function. Its init ends when its health check succeeds, as on Lambda."""
    pid = process_of(stack, "ChatStreamFunction")
    environment = {**environment_of(pid), **deployed_variables(stack, pid)}
    for _ in range(RUNS):
        stack.member.http.post("/reset_chat").raise_for_status()
        with start_stream(environment, {"cookie": stack.cookie(), "origin": stack.origin}) as process:
            answer = process.first_piece()
        stack.wait_until_quiet()
        yield process.init_seconds, answer, bare_import(pid, f"{STREAM}, {GEMINI}")


def process_of(stack: BuiltStack, function: str) -> int:
    """Return a running process of a function; its environment and code are those of a deployed one."""
    if not stack.cloud.function_processes(function):
        stack.cloud.invoke(function, {"Records": []} if function != "CleanupFunction" else {"dry_run": True})
    return stack.cloud.function_processes(function)[0]


def deployed_variables(stack: BuiltStack, pid: int) -> dict[str, str]:
    """Store the secrets in SSM. Returns the variables that name them, as in a deployed function."""
    environment, ssm = environment_of(pid), aws_client(stack.cloud, "ssm")
    for name in SECRETS:
        if name in environment:
            ssm.put_parameter(Name=f"/falaai/{name}", Value=environment[name], Type="SecureString", Overwrite=True)
    return {name: f"ssm:/falaai/{name}" for name in SECRETS if name in environment}


@contextmanager
def _gemini_without_delay(stack: BuiltStack) -> Iterator[None]:
    pace = f"{stack.cloud.addresses['gemini']}/admin/pace"
    httpx.put(pace, json={"delay": 0, "pieces": None, "text": None}).raise_for_status()
    try:
        yield
    finally:
        httpx.put(pace, json={"delay": 0.03, "pieces": None, "text": None}).raise_for_status()
