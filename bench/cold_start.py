"""From the start of a process to its first answer, for each function as it is built and deployed.

Beside each: a fresh interpreter that only imports what the function cannot do without, found where the function finds
it. Figures are medians of RUNS, taken in turns so that a busy moment touches both. Run: make bench PART=cold_start
"""

import json
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.built import Built
from tests.lambda_process import LambdaProcess, bare_import, http_event

RUNS = 7
WEB = "fastapi, mangum, pymysql, jinja2"
WORKER = "aws_lambda_powertools.utilities.batch, pydantic_settings, pymysql"
Event = Callable[[], dict[str, Any]]


def record(**body: object) -> dict[str, Any]:
    """An event of one queue message about rows that do not exist any more."""
    message = {
        "messageId": "bench",
        "receiptHandle": "bench",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000"},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:Queue",
        "awsRegion": "us-east-1",
    }
    return {"Records": [message]}


def measure(built: Built) -> list[tuple[str, float, float, float]]:
    """(what, seconds to the first answer, seconds of the bare imports, the ratio that was asked for)."""
    cookie = built.cookie()
    headers = {"cookie": cookie, "origin": built.origin, "content-type": "application/json"}
    question = json.dumps({"message": "Bom dia"})
    first = {
        "a page: sign-in": ("AuthFunction", lambda: http_event("GET", "/login", accept="text/html"), WEB, 1.25),
        "a page: chat": ("ChatFunction", lambda: http_event("GET", "/chat", cookie=cookie), WEB, 1.25),
        "a first reply": (
            "ChatFunction",
            lambda: http_event("POST", "/chat/message", body=question, **headers),
            f"{WEB}, langchain_google_genai",
            0.8,
        ),
        "titles": ("TitlesFunction", lambda: record(conversation_id=1), WORKER, 1.25),
        "memory": ("MemoryFunction", lambda: record(conversation_id=1), WORKER, 1.25),
        "email": ("EmailFunction", lambda: record(letter="verificar", user_id=1), WORKER, 1.25),
        "cleanup": ("CleanupFunction", dict, WORKER, 1.25),
    }
    return [(what, *_pair(built, *parts[:3]), parts[3]) for what, parts in first.items()]


def _pair(built: Built, function: str, event: Event, modules: str) -> tuple[float, float]:
    pid = built.cloud.function_processes(function)[0]
    ours, bare = [], []
    for _ in range(RUNS):
        process = LambdaProcess(pid)
        try:
            seconds, answer = process.invoke(event())
        finally:
            process.stop()
        if isinstance(answer, dict) and answer.get("statusCode", 200) >= 400:
            raise RuntimeError(f"{function} answered {answer}")
        ours.append(process.init_seconds + seconds)
        bare.append(bare_import(pid, modules))
    return median(ours), median(bare)


def table(built: Built) -> str:
    lines = ["| first answer of | seconds | bare imports | ratio | wanted |", "|---|---|---|---|---|"]
    for what, ours, bare, wanted in measure(built):
        lines.append(f"| {what} | {ours:.2f} | {bare:.2f} | {ours / bare:.2f} | ≤ {wanted} |")
    return "\n".join(lines)
