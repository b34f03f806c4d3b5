"""Peak resident memory of each function's process in MB, after its first request, after REQUESTS and 2 * REQUESTS.

The slope, in KB per request, is that of a regression line through the resident memory during the second half: in the
first half, caches and the allocator's pools fill. A bare echo is measured in the same way. Rows are reset before each
request, so that it does the function's whole work. Run: make bench PART=memory
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

from bench.built_stack import BuiltStack, set_reply_seconds, start_echo
from bench.load import Browser
from tests.support.lambda_process import LambdaProcess, http_event, queue_event
from tests.support.people import PASSWORD

REQUESTS = 1000
SAMPLE_INTERVAL = 25
SendRequest = Callable[[int], None]


def memory_of(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process in MB, now and at its peak."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024, int(status["VmHWM"].split()[0]) / 1024


@dataclass
class MemoryUse:
    """Peaks in MB after the first request, half of the requests and all of them; slope in KB per request."""

    first: float
    half: float
    last: float
    slope: float


def measure(memory: Callable[[], tuple[float, float]], send: SendRequest) -> MemoryUse:
    resident, peaks = list[tuple[int, float]](), list[float]()
    for number in range(2 * REQUESTS):
        send(number)
        if number in (0, REQUESTS - 1, 2 * REQUESTS - 1):
            peaks.append(memory()[1])
        if number % SAMPLE_INTERVAL == 0 and number >= REQUESTS:
            resident.append((number, memory()[0] * 1024))
    slope, _ = linear_regression(*zip(*resident, strict=True))
    first, half, last = peaks
    return MemoryUse(first, half, last, slope)


class Events:
    """Events of request number n, one method per function. Each method resets the rows that the request needs."""

    def __init__(self, stack: BuiltStack) -> None:
        self._stack = stack
        self._run = stack.product.run
        self._json = {"origin": stack.origin, "content-type": "application/json"}
        self._member = {**self._json, "cookie": stack.cookie()}
        self._user = stack.product.value("SELECT id FROM usuarios WHERE email = %s", stack.member.email)
        self._short = stack.product.conversation(self._user, "Como faço pão de queijo?", "Com polvilho.")
        many = ["Uma fala comprida, para que seja dobrada. " * 20] * 40
        self._long = stack.product.conversation(self._user, *many)

    def auth(self, number: int) -> dict[str, Any]:
        """Request the profile. Only every twentieth request signs in, since Argon2id takes 0.1 seconds."""
        if number % 20:
            return http_event("GET", "/profile", **self._member)
        credentials = {"email": self._stack.member.email, "senha": PASSWORD}
        return http_event("POST", "/login", body=json.dumps(credentials), **self._json)

    def chat(self, number: int) -> dict[str, Any]:
        """Request a reply. Every twentieth request resets the conversation."""
        if number % 20 == 1:
            return http_event("POST", "/reset_chat", **self._member)
        return http_event("POST", "/chat/message", body=json.dumps({"message": f"Fala {number}"}), **self._member)

    def titles(self, _number: int) -> dict[str, Any]:
        self._run("UPDATE conversas SET titulo_conversa = 'Nova Conversa' WHERE id = %s", self._short)
        return queue_event(conversation_id=self._short)

    def memory(self, _number: int) -> dict[str, Any]:
        self._run("UPDATE conversas SET resumo = NULL, resumo_ate_seq = 0 WHERE id = %s", self._long)
        return queue_event(conversation_id=self._long)

    def email(self, _number: int) -> dict[str, Any]:
        self._run("UPDATE usuarios SET email_verified = FALSE WHERE id = %s", self._user)
        return queue_event(letter="verificar", user_id=self._user)

    def cleanup(self, _number: int) -> dict[str, Any]:
        self._stack.product.conversation(self._user, "velha", "resposta", days_old=100)
        return {}


def measure_function(like: int, event: Callable[[int], dict[str, Any]]) -> MemoryUse:
    """Measure a new process of the function that runs in the process `like`."""
    process = LambdaProcess(like)

    def send(number: int) -> None:
        _, answer = process.invoke(event(number))
        if "errorMessage" in answer or answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures"):
            raise RuntimeError(f"request {number} was answered {answer}")

    try:
        return measure(lambda: (process.memory()["now"], process.memory()["peak"]), send)
    finally:
        process.stop()


def measure_stream(stack: BuiltStack) -> MemoryUse:
    """Measure the streaming function's web server through the gateway."""
    browser = Browser(stack.origin, "/chat/stream", {"message": "Conte mais"}, stack.cookie())
    (pid,) = stack.cloud.function_processes("ChatStreamFunction")

    def send(number: int) -> None:
        if not browser.send()[1]:
            raise RuntimeError(f"request {number} got no reply")

    return measure(lambda: memory_of(pid), send)


def table(stack: BuiltStack) -> str:
    lines = [
        f"| function | work | peak MB after 1 | after {REQUESTS:,} | after {2 * REQUESTS:,} | KB a request by then |",
        "|---|---|---|---|---|---|",
    ]

    def add(function: str, work: str, found: MemoryUse) -> None:
        peaks = f"{found.first:.0f} | {found.half:.0f} | {found.last:.0f}"
        lines.append(f"| {function} | {work} | {peaks} | {found.slope:+.2f} |")

    set_reply_seconds(stack.cloud, 0)
    with start_echo() as echo:
        body = json.dumps({"message": "eco"})
        event = http_event("POST", "/echo", body=body, **{"content-type": "application/json"})
        add("bare echo", "echoes", measure_function(echo.function_processes("EchoFunction")[0], lambda _: event))
    events = Events(stack)
    for function, work, event_of in (
        ("AuthFunction", "profile and sign-in", events.auth),
        ("ChatFunction", "replies", events.chat),
        ("TitlesFunction", "titles", events.titles),
        ("MemoryFunction", "summaries", events.memory),
        ("EmailFunction", "emails", events.email),
        ("CleanupFunction", "cleanups", events.cleanup),
    ):
        add(function, work, measure_function(stack.cloud.function_processes(function)[0], event_of))
    add("ChatStreamFunction", "streamed replies", measure_stream(stack))
    return "\n".join(lines)
