"""Warm requests: number of statements, as the database server counts them, and milliseconds in the handler.

The comparison is a bare FastAPI and Mangum function in the same runtime. The time of a reply excludes the Gemini
fake's time, from the request that it receives to the last piece that it writes. Blocks of BLOCK requests of each kind
alternate, so that load on the machine affects all kinds.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.built_stack import BuiltStack
from tests.support.histories import TEXT, History, add_history
from tests.support.lambda_process import LambdaProcess, http_event
from tests.support.people import Person

ECHO = Path(__file__).parent / "echo/function"
BARE_MODEL = Path(__file__).parent / "bare_model"
WARM_UP_RUNS = 20
RUNS = 300
BLOCK = 20  # requests of one kind that run after each other
MESSAGES = 10  # number of messages in the conversation
# Largest allowed times in milliseconds.
MAX_AROUND_GEMINI_MS = 8
MAX_FIRST_PIECE_MS = 10
PACE = {"delay": 0.0, "pieces": 1, "text": "Uma resposta curta, como muitas são."}
DEFAULT_PACE = {"delay": 0.03, "pieces": None, "text": None}


@dataclass
class Request:
    """A kind of request, the process that handles it, and the measured times in milliseconds."""

    name: str
    process: LambdaProcess
    event: dict[str, Any]
    wanted: str
    times: list[float] = field(default_factory=list)

    def run(self) -> float:
        seconds, answer = self.process.invoke(self.event)
        if answer.get("statusCode") != 200:
            raise RuntimeError(f"{self.name} answered {answer}")
        return seconds * 1000


def p50(times: list[float]) -> float:
    return statistics.median(times)


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def echo_process(like: int) -> LambdaProcess:
    """Start the bare echo with the runtime and packages of the function in the process `like`."""
    return LambdaProcess(like, LAMBDA_TASK_ROOT=str(ECHO), _HANDLER="app.handler")


def model_process(like: int) -> LambdaProcess:
    """Start the function that only calls LangChain, with the same runtime and packages."""
    return LambdaProcess(like, LAMBDA_TASK_ROOT=str(BARE_MODEL), _HANDLER="app.handler")


def headers_of(stack: BuiltStack, person: Person | None = None) -> dict[str, str]:
    """Return the request headers of the member or of another person."""
    return {"cookie": stack.cookie(person), "origin": stack.origin, "content-type": "application/json"}


def message_event(headers: dict[str, str], conversation_id: int | None = None) -> dict[str, Any]:
    body = json.dumps({"message": "E o que mais?", "conversation_id": conversation_id})
    return http_event("POST", "/chat/message", body=body, **headers)


def time_without_gemini(stack: BuiltStack, run: Callable[[], float]) -> float:
    """Run one request for a reply. Returns its milliseconds without those of the Gemini fake."""
    stack.gemini.delete("/requests").raise_for_status()
    milliseconds = run()
    asked: list[dict[str, float]] = stack.gemini.get("/requests").json()
    return milliseconds - (asked[0]["last_at"] - asked[0]["time"]) * 1000


def table(stack: BuiltStack) -> str:
    stack.gemini.put("/pace", json=PACE).raise_for_status()
    history = add_history(stack.product, stack.user_id, MESSAGES)
    like_chat = stack.cloud.function_processes("ChatFunction")[0]
    like_auth = stack.cloud.function_processes("AuthFunction")[0]
    chat, auth = LambdaProcess(like_chat), LambdaProcess(like_auth)
    echo, model = echo_process(like_chat), model_process(like_chat)
    try:
        return _table(stack, history, chat, auth, echo, model)
    finally:
        for process in (chat, auth, echo, model):
            process.stop()
        stack.gemini.put("/pace", json=DEFAULT_PACE).raise_for_status()


def _table(
    stack: BuiltStack,
    history: History,
    chat: LambdaProcess,
    auth: LambdaProcess,
    echo: LambdaProcess,
    model: LambdaProcess,
) -> str:
    headers, one = headers_of(stack), "{conversation_id}"
    echo_event = http_event("POST", "/echo", body=json.dumps({"message": "Bom dia"}), **headers)
    bare = Request("bare echo", echo, echo_event, "")
    reads = [
        bare,
        Request("GET /login", auth, http_event("GET", "/login", accept="text/html"), "≤ 3"),
        Request("GET /profile", auth, http_event("GET", "/profile", **headers), "≤ 3"),
        Request("GET /chat", chat, http_event("GET", "/chat", **headers), "≤ 3"),
        Request(f"GET /chat/{one}", chat, http_event("GET", f"/chat/{history.id}", f"/chat/{one}", **headers), "≤ 3"),
        Request("GET /conversations", chat, http_event("GET", "/conversations", **headers), "≤ 3"),
        Request(
            f"GET /conversation/{one}",
            chat,
            http_event("GET", f"/conversation/{history.id}", f"/conversation/{one}", **headers),
            "≤ 3",
        ),
    ]
    prompt = {"system": "Uma pessoa prestativa. " * 20, "turns": [TEXT] * (MESSAGES + 1)}
    alone = Request("LangChain alone, the same prompt, around Gemini", model, prompt, "")
    reply = Request("POST /chat/message, around Gemini", chat, message_event(headers, history.id), "≤ 8 + 3")
    counts = {request.name: _count_statements(stack, history, request) for request in (*reads, alone, reply)}
    for _ in range(RUNS // BLOCK):
        for request in reads:
            request.times += [request.run() for _ in range(BLOCK)]
        for request in (alone, reply):
            for _ in range(BLOCK):
                request.times.append(time_without_gemini(stack, request.run))
                history.truncate()
    base = p50(bare.times)
    lines = [
        "| warm request | statements | wanted | p50 ms | p99 ms | p50 to the bare echo's |",
        "|---|---|---|---|---|---|",
    ]
    for request in (*reads, alone, reply):
        half, most = p50(request.times), p99(request.times)
        lines.append(
            f"| {request.name} | {counts[request.name]} | {request.wanted} | {half:.1f} | {most:.1f}"
            f" | {half / base:.1f} |"
        )
    own = p50(reply.times) - p50(alone.times)
    summary = (
        f"Wanted of a reply around Gemini: ≤ {MAX_AROUND_GEMINI_MS} ms. What FalaAI itself adds to LangChain's"
        f" {p50(alone.times):.1f} ms is {own:.1f} ms."
    )
    return "\n".join([*lines, "", summary])


def _count_statements(stack: BuiltStack, history: History, request: Request) -> int:
    """Warm up the process. Returns the number of statements of one request."""
    for _ in range(WARM_UP_RUNS):
        request.run()
    history.truncate()
    stack.wait_until_quiet()
    return stack.count_statements(request.run)
