"""Peak resident memory of each function's process, in MB: after its first real work, after REQUESTS and twice those.

The slope is that of a line through what is resident during the second half, in KB a request: until then caches and
the allocator's pools fill. A bare echo is measured in the same way. Each request does the function's whole work: rows
are put back for it.
Run: make bench PART=memory
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any

from bench.built import BuiltStack, bare_echo, reply_takes
from bench.load import Browser
from tests.lambda_process import LambdaProcess, http_event, queue_event
from tests.system.conftest import PASSWORD

REQUESTS = 1000
LOOK_EVERY = 25
Work = Callable[[int], None]


def memory_of(pid: int) -> tuple[float, float]:
    """Resident memory of a process, now and at its peak, in MB."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) / 1024, int(status["VmHWM"].split()[0]) / 1024


@dataclass
class Measured:
    """Peaks in MB, and the slope of what is resident in KB a request."""

    first: float
    half: float
    last: float
    slope: float


def measure(memory: Callable[[], tuple[float, float]], work: Work) -> Measured:
    resident, peaks = list[tuple[int, float]](), list[float]()
    for number in range(2 * REQUESTS):
        work(number)
        if number in (0, REQUESTS - 1, 2 * REQUESTS - 1):
            peaks.append(memory()[1])
        if number % LOOK_EVERY == 0 and number >= REQUESTS:
            resident.append((number, memory()[0] * 1024))
    slope, _ = linear_regression(*zip(*resident, strict=True))
    first, half, last = peaks
    return Measured(first, half, last, slope)


class Events:
    """The event of the nth request, by function; what it needs is put into the database."""

    def __init__(self, built: BuiltStack) -> None:
        self._built = built
        self._run = built.product.run
        self._json = {"origin": built.origin, "content-type": "application/json"}
        self._member = {**self._json, "cookie": built.cookie()}
        self._user = built.product.value("SELECT id FROM usuarios WHERE email = %s", built.member.email)
        self._short = built.product.conversation(self._user, "Como faço pão de queijo?", "Com polvilho.")
        many = ["Uma fala comprida, para que seja dobrada. " * 20] * 40
        self._long = built.product.conversation(self._user, *many)

    def auth(self, number: int) -> dict[str, Any]:
        """Its profile; one in twenty is a sign-in, since Argon2id takes a tenth of a second."""
        if number % 20:
            return http_event("GET", "/profile", **self._member)
        credentials = {"email": self._built.member.email, "senha": PASSWORD}
        return http_event("POST", "/login", body=json.dumps(credentials), **self._json)

    def chat(self, number: int) -> dict[str, Any]:
        """A reply; one in twenty begins a new conversation."""
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
        self._built.product.conversation(self._user, "velha", "resposta", days_old=100)
        return {}


def invoked(like: int, event: Callable[[int], dict[str, Any]]) -> Measured:
    """`measure` of a fresh process of its own."""
    process = LambdaProcess(like)

    def work(number: int) -> None:
        _, answer = process.invoke(event(number))
        if "errorMessage" in answer or answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures"):
            raise RuntimeError(f"request {number} was answered {answer}")

    try:
        return measure(lambda: (process.memory()["now"], process.memory()["peak"]), work)
    finally:
        process.stop()


def streamed(built: BuiltStack) -> Measured:
    """`measure` of the streaming function's web server, through the gateway."""
    browser = Browser(built.origin, "/chat/stream", {"message": "Conte mais"}, built.cookie())
    (pid,) = built.cloud.function_processes("ChatStreamFunction")

    def work(number: int) -> None:
        if not browser.say()[1]:
            raise RuntimeError(f"request {number} got no reply")

    return measure(lambda: memory_of(pid), work)


def table(built: BuiltStack) -> str:
    lines = [
        f"| function | work | peak MB after 1 | after {REQUESTS:,} | after {2 * REQUESTS:,} | KB a request by then |",
        "|---|---|---|---|---|---|",
    ]

    def add(function: str, work: str, found: Measured) -> None:
        peaks = f"{found.first:.0f} | {found.half:.0f} | {found.last:.0f}"
        lines.append(f"| {function} | {work} | {peaks} | {found.slope:+.2f} |")

    reply_takes(built.cloud, 0)
    with bare_echo() as echo:
        body = json.dumps({"message": "eco"})
        event = http_event("POST", "/echo", body=body, **{"content-type": "application/json"})
        add("bare echo", "echoes", invoked(echo.function_processes("EchoFunction")[0], lambda _: event))
    events = Events(built)
    for function, work, event_of in (
        ("AuthFunction", "profile and sign-in", events.auth),
        ("ChatFunction", "replies", events.chat),
        ("TitlesFunction", "titles", events.titles),
        ("MemoryFunction", "foldings", events.memory),
        ("EmailFunction", "emails", events.email),
        ("CleanupFunction", "cleanups", events.cleanup),
    ):
        add(function, work, invoked(built.cloud.function_processes(function)[0], event_of))
    add("ChatStreamFunction", "streamed replies", streamed(built))
    return "\n".join(lines)
