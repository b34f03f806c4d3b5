"""A warm function, request after request: statements that the database server counts, and the handler's own time.

Beside them a bare FastAPI and Mangum function answers in the same runtime. The time of a reply is what is left of it
when the own time of Gemini's fake is taken off, from the moment it was asked to the moment it had written its last
piece. Blocks of BLOCK requests take turns, so that a busy moment touches all.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.built import BuiltStack
from bench.histories import TEXT, History, add_history
from tests.lambda_process import LambdaProcess, http_event
from tests.system.conftest import Person

ECHO = Path(__file__).parent / "echo/function"
BARE_MODEL = Path(__file__).parent / "bare_model"
WARM = 20
RUNS = 300
BLOCK = 20  # of one kind, before the next kind's turn
MESSAGES = 10  # in the conversation
# Milliseconds.
MOST_AROUND_GEMINI = 8
MOST_TO_FIRST_PIECE = 10
PACE = {"delay": 0.0, "pieces": 1, "text": "Uma resposta curta, como muitas são."}
AS_BEFORE = {"delay": 0.03, "pieces": None, "text": None}


@dataclass
class Request:
    """One kind of request, the process that answers it, and how long each took, in milliseconds."""

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
    """The bare function, in the runtime and with the packages of the function `like`."""
    return LambdaProcess(like, LAMBDA_TASK_ROOT=str(ECHO), _HANDLER="app.handler")


def model_process(like: int) -> LambdaProcess:
    """LangChain and nothing else, in the same way."""
    return LambdaProcess(like, LAMBDA_TASK_ROOT=str(BARE_MODEL), _HANDLER="app.handler")


def headers_of(built: BuiltStack, person: Person | None = None) -> dict[str, str]:
    """The member's, or another person's."""
    return {"cookie": built.cookie(person), "origin": built.origin, "content-type": "application/json"}


def message_event(headers: dict[str, str], conversation_id: int | None = None) -> dict[str, Any]:
    body = json.dumps({"message": "E o que mais?", "conversation_id": conversation_id})
    return http_event("POST", "/chat/message", body=body, **headers)


def around_gemini(built: BuiltStack, run: Callable[[], float]) -> float:
    """Milliseconds of one reply without those that the fake took for it."""
    built.gemini.delete("/requests").raise_for_status()
    milliseconds = run()
    asked: list[dict[str, float]] = built.gemini.get("/requests").json()
    return milliseconds - (asked[0]["last_at"] - asked[0]["time"]) * 1000


def table(built: BuiltStack) -> str:
    built.gemini.put("/pace", json=PACE).raise_for_status()
    history = add_history(built.product, built.user_id, MESSAGES)
    like_chat = built.cloud.function_processes("ChatFunction")[0]
    like_auth = built.cloud.function_processes("AuthFunction")[0]
    chat, auth = LambdaProcess(like_chat), LambdaProcess(like_auth)
    echo, model = echo_process(like_chat), model_process(like_chat)
    try:
        return _table(built, history, chat, auth, echo, model)
    finally:
        for process in (chat, auth, echo, model):
            process.stop()
        built.gemini.put("/pace", json=AS_BEFORE).raise_for_status()


def _table(
    built: BuiltStack,
    history: History,
    chat: LambdaProcess,
    auth: LambdaProcess,
    echo: LambdaProcess,
    model: LambdaProcess,
) -> str:
    headers, one = headers_of(built), "{conversation_id}"
    said = http_event("POST", "/echo", body=json.dumps({"message": "Bom dia"}), **headers)
    bare = Request("bare echo", echo, said, "")
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
    counts = {request.name: _warmed(built, history, request) for request in (*reads, alone, reply)}
    for _ in range(RUNS // BLOCK):
        for request in reads:
            request.times += [request.run() for _ in range(BLOCK)]
        for request in (alone, reply):
            for _ in range(BLOCK):
                request.times.append(around_gemini(built, request.run))
                history.forget_later()
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
    said_of_it = (
        f"Wanted of a reply around Gemini: ≤ {MOST_AROUND_GEMINI} ms. What FalaAI itself adds to LangChain's"
        f" {p50(alone.times):.1f} ms is {own:.1f} ms."
    )
    return "\n".join([*lines, "", said_of_it])


def _warmed(built: BuiltStack, history: History, request: Request) -> int:
    """The statements of a request, once its process is warm."""
    for _ in range(WARM):
        request.run()
    history.forget_later()
    built.wait_until_quiet()
    return built.statements(request.run)
