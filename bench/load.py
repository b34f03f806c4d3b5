"""Sustained messages per second and latency with 1, 8 and 32 users, compared with a bare echo in the same runtime.

Each user sends a message, waits for the whole reply and sends the next; a new conversation begins after TURNS
messages. The Gemini fake takes GEMINI_SECONDS for a reply; the echo keeps its process busy for the same time. Each
level lasts LEVEL_SECONDS. Run: make bench PART=load
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit

from bench.built_stack import BuiltStack, set_reply_seconds, start_echo

PEOPLE = (1, 8, 32)
LEVEL_SECONDS = 15.0
GEMINI_SECONDS = 0.1
TURNS = 10
PATHS = ("/chat/message", "/chat/stream")
WARM_ROUNDS = 5
FOLLOW_UP_SECONDS = 60.0
Step = Callable[[], int]


@dataclass(frozen=True)
class Level:
    """Results of one level: `seconds` of each answer, number of errors, and the level's duration in seconds."""

    people: int
    seconds: list[float]
    errors: int
    duration: float

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.duration

    def percentile_around_gemini(self, percent: int) -> float:
        """Return this percentile in ms, without Gemini's time."""
        return (quantiles(self.seconds, n=100)[percent - 1] - GEMINI_SECONDS) * 1000


class Browser:
    """Keep-alive connection of one user. http.client is used because it needs little processor time."""

    def __init__(self, origin: str, path: str, body: dict[str, object], cookie: str = "") -> None:
        address = urlsplit(origin)
        self._http = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        self._headers = {"content-type": "application/json", "origin": origin, "cookie": cookie}
        self._path, self._body = path, json.dumps(body)
        self._resets_conversation = bool(cookie)
        self._sent = 0

    def send(self) -> tuple[float, bool]:
        """Send one message. Returns the seconds until the whole reply has arrived, and whether it is complete."""
        if self._resets_conversation and self._sent % TURNS == 0:
            self._post("/reset_chat", "")
        self._sent += 1
        began = time.perf_counter()
        status, answer = self._post(self._path, self._body)
        return time.perf_counter() - began, status == 200 and b"event: error" not in answer

    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        self._http.request("POST", path, body, self._headers)
        response = self._http.getresponse()
        return response.status, response.read()


def run_level(browsers: list[Browser]) -> Level:
    """Let all users send messages for LEVEL_SECONDS."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        began = time.perf_counter()

        def send_until_end(browser: Browser) -> list[tuple[float, bool]]:
            took = []
            while time.perf_counter() < began + LEVEL_SECONDS:
                took.append(browser.send())
            return took

        answers = [answer for one in pool.map(send_until_end, browsers) for answer in one]
        duration = time.perf_counter() - began
    return Level(len(browsers), [seconds for seconds, _ in answers], sum(not good for _, good in answers), duration)


def warm(browsers: list[Browser]) -> list[Browser]:
    """Send messages from all users at once, WARM_ROUNDS times, so that all processes have started and are warm."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        for _ in range(WARM_ROUNDS):
            list(pool.map(Browser.send, browsers))
    return browsers


def measure(stack: BuiltStack) -> Iterator[tuple[str, Level, Level]]:
    """Measure each level. Yields (route, level of the chat, level of the echo)."""
    set_reply_seconds(stack.cloud, GEMINI_SECONDS)
    members = [stack.people.member() for _ in range(max(PEOPLE))]
    cookies = [stack.cookie(one) for one in members]
    body: dict[str, object] = {"message": "Conte-me alguma coisa sobre o mar."}
    with start_echo() as echo:
        echoes = warm([Browser(echo.gateway, "/echo", {**body, "wait": GEMINI_SECONDS}) for _ in cookies])
        ours = {path: warm([Browser(stack.origin, path, body, cookie) for cookie in cookies]) for path in PATHS}
        for people in PEOPLE:
            bare = run_level(echoes[:people])
            for path, browsers in ours.items():
                yield path, run_level(browsers[:people]), bare


def count_untitled(stack: BuiltStack) -> int:
    return int(stack.product.value("SELECT COUNT(*) FROM conversas WHERE titulo_provisorio"))


def line(name: str, level: Level, bare: Level | None = None) -> str:
    rates, latencies = (
        (
            f"{level.rate / bare.rate:.2f}",
            f"{level.percentile_around_gemini(99) / bare.percentile_around_gemini(99):.1f}",
        )
        if bare
        else ("", "")
    )
    return (
        f"| {level.people} | {name} | {level.rate:.1f} | {rates} | {level.percentile_around_gemini(50):.1f}"
        f" | {level.percentile_around_gemini(99):.1f}"
        f" | {latencies} | {level.errors} |"
    )


def table(stack: BuiltStack) -> str:
    lines = [
        "| people | | messages/s | of the echo's | p50 ms around Gemini | p99 | × the echo's | errors |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path, ours, bare in measure(stack):
        if path == PATHS[0]:
            lines.append(line("bare echo", bare))
        lines.append(line(f"`{path}`", ours, bare))
    behind, began = count_untitled(stack), time.monotonic()
    while (left := count_untitled(stack)) and time.monotonic() < began + FOLLOW_UP_SECONDS:
        time.sleep(0.5)
    waited = time.monotonic() - began
    lines += ["", f"Titles not yet given when the last level ended: {behind}; {waited:.0f} s later: {left}."]
    return "\n".join(lines)
