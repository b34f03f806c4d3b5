"""Sustained messages per second and their latency, with 1, 8 and 32 people, beside a bare echo in the same runtime.

A person sends a message, waits for the whole answer, and sends the next; after TURNS of them, in a new conversation.
The fake of Gemini takes GEMINI_SECONDS for each, and so does the echo, with its process held as long.
Each level lasts LEVEL_SECONDS. Run: make bench PART=load
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit

from bench.built import BuiltStack, bare_echo, reply_takes

PEOPLE = (1, 8, 32)
LEVEL_SECONDS = 15.0
GEMINI_SECONDS = 0.1
TURNS = 10
PATHS = ("/chat/message", "/chat/stream")
WARM_ROUNDS = 5
AFTERWORK_SECONDS = 60.0
Step = Callable[[], int]


@dataclass(frozen=True)
class Level:
    """What so many people met: `seconds` each answer took, and how many answers were none."""

    people: int
    seconds: list[float]
    errors: int
    lasted: float

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.lasted

    def around(self, percent: int) -> float:
        """That percentile, in ms, less Gemini's time."""
        return (quantiles(self.seconds, n=100)[percent - 1] - GEMINI_SECONDS) * 1000


class Browser:
    """One person's kept connection; as light as can be, since it shares the machine with what is measured."""

    def __init__(self, origin: str, path: str, body: dict[str, object], cookie: str = "") -> None:
        place = urlsplit(origin)
        self._http = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        self._headers = {"content-type": "application/json", "origin": origin, "cookie": cookie}
        self._path, self._body = path, json.dumps(body)
        self._starts_anew = bool(cookie)
        self._said = 0

    def say(self) -> tuple[float, bool]:
        """How long the whole answer took, and whether it was one."""
        if self._starts_anew and self._said % TURNS == 0:
            self._post("/reset_chat", "")
        self._said += 1
        began = time.perf_counter()
        status, answer = self._post(self._path, self._body)
        return time.perf_counter() - began, status == 200 and b"event: error" not in answer

    def _post(self, path: str, body: str) -> tuple[int, bytes]:
        self._http.request("POST", path, body, self._headers)
        response = self._http.getresponse()
        return response.status, response.read()


def sustain(browsers: list[Browser]) -> Level:
    """All of them for LEVEL_SECONDS."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        began = time.perf_counter()

        def talk(browser: Browser) -> list[tuple[float, bool]]:
            took = []
            while time.perf_counter() < began + LEVEL_SECONDS:
                took.append(browser.say())
            return took

        answers = [answer for one in pool.map(talk, browsers) for answer in one]
        lasted = time.perf_counter() - began
    return Level(len(browsers), [seconds for seconds, _ in answers], sum(not good for _, good in answers), lasted)


def warm(browsers: list[Browser]) -> list[Browser]:
    """All of them at once, a few times: every process there may be has started and done everything before."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        for _ in range(WARM_ROUNDS):
            list(pool.map(Browser.say, browsers))
    return browsers


def measure(built: BuiltStack) -> Iterator[tuple[str, Level, Level]]:
    """(route, ours, the echo's) for each level."""
    reply_takes(built.cloud, GEMINI_SECONDS)
    members = [built.people.member() for _ in range(max(PEOPLE))]
    cookies = [built.cookie(one) for one in members]
    said: dict[str, object] = {"message": "Conte-me alguma coisa sobre o mar."}
    with bare_echo() as echo:
        echoes = warm([Browser(echo.gateway, "/echo", {**said, "wait": GEMINI_SECONDS}) for _ in cookies])
        ours = {path: warm([Browser(built.origin, path, said, cookie) for cookie in cookies]) for path in PATHS}
        for people in PEOPLE:
            bare = sustain(echoes[:people])
            for path, browsers in ours.items():
                yield path, sustain(browsers[:people]), bare


def untitled(built: BuiltStack) -> int:
    return int(built.product.value("SELECT COUNT(*) FROM conversas WHERE titulo_conversa = 'Nova Conversa'"))


def line(name: str, level: Level, bare: Level | None = None) -> str:
    rates, latencies = (
        (f"{level.rate / bare.rate:.2f}", f"{level.around(99) / bare.around(99):.1f}") if bare else ("", "")
    )
    return (
        f"| {level.people} | {name} | {level.rate:.1f} | {rates} | {level.around(50):.1f} | {level.around(99):.1f}"
        f" | {latencies} | {level.errors} |"
    )


def table(built: BuiltStack) -> str:
    lines = [
        "| people | | messages/s | of the echo's | p50 ms around Gemini | p99 | × the echo's | errors |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for path, ours, bare in measure(built):
        if path == PATHS[0]:
            lines.append(line("bare echo", bare))
        lines.append(line(f"`{path}`", ours, bare))
    behind, began = untitled(built), time.monotonic()
    while (left := untitled(built)) and time.monotonic() < began + AFTERWORK_SECONDS:
        time.sleep(0.5)
    waited = time.monotonic() - began
    lines += ["", f"Titles not yet given when the last level ended: {behind}; {waited:.0f} s later: {left}."]
    return "\n".join(lines)
