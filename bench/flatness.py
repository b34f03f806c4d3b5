"""Latency against how much there is: messages in a conversation, conversations of a person, people.

One warm process answers the same requests, in turns among the sizes; people alone cannot be had in turns, so there a
bare echo is asked beside them. Each figure is the middle one of RUNS. A long conversation is folded, as the memory
worker leaves it, so that every prompt is of one size. A page shows 50 messages and 30 conversations at most, so what
is said of pages is compared from where they are full.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from bench.built import BuiltStack
from bench.histories import add_conversations, add_history, add_people
from bench.warm import AS_BEFORE, PACE, around_gemini, echo_process, headers_of, message_event, p50
from tests.lambda_process import LambdaProcess, http_event

RUNS = 150
WARM = 10
WANTED = 1.2
LENGTHS = (10, 100, 1_000, 10_000)
CONVERSATIONS = (10, 100, 10_000)
FULL_PAGE = 100
PEOPLE = (1_000, 100_000)
REPLY = "POST /chat/message, around Gemini"

Measure = Callable[[], float]


def table(built: BuiltStack) -> str:
    built.gemini.put("/pace", json=PACE).raise_for_status()
    like = built.cloud.function_processes("ChatFunction")[0]
    process, echo = LambdaProcess(like), echo_process(like)
    try:
        lengths = _by_length(built, process)
        lists = _by_conversations(built, process)
        crowds = _by_people(built, process, echo)
    finally:
        process.stop()
        echo.stop()
        built.gemini.put("/pace", json=AS_BEFORE).raise_for_status()
    return "\n\n".join(
        [
            _lines("messages in the conversation", LENGTHS, lengths),
            _plot("p50 in ms by the messages in the conversation", LENGTHS, lengths),
            _lines("conversations of the person", CONVERSATIONS, lists),
            _lines("people", PEOPLE, crowds),
        ]
    )


def _by_length(built: BuiltStack, process: LambdaProcess) -> dict[str, list[float]]:
    headers = headers_of(built)
    ids = [add_history(built.product, built.user_id, length).id for length in LENGTHS]
    built.settle()
    kinds = {
        "GET /chat/{conversation_id}": [_get(process, f"/chat/{one}", headers) for one in ids],
        "GET /conversation/{conversation_id}": [_get(process, f"/conversation/{one}", headers) for one in ids],
        REPLY: [_reply(built, process, length) for length in LENGTHS],
    }
    return {name: _in_turns(measures) for name, measures in kinds.items()}


def _by_conversations(built: BuiltStack, process: LambdaProcess) -> dict[str, list[float]]:
    people = [built.people.member() for _ in CONVERSATIONS]
    for person, count in zip(people, CONVERSATIONS, strict=True):
        add_conversations(built.product, built.id_of(person), count)
    built.settle()
    return {
        f"GET {path}": _in_turns([_get(process, path, headers_of(built, person)) for person in people])
        for path in ("/chat", "/conversations")
    }


def _by_people(built: BuiltStack, process: LambdaProcess, echo: LambdaProcess) -> dict[str, list[float]]:
    headers = headers_of(built)
    kinds = {
        "GET /chat": _get(process, "/chat", headers),
        "GET /conversations": _get(process, "/conversations", headers),
        REPLY: _reply(built, process, LENGTHS[0]),
        "bare echo": _measure(echo, http_event("POST", "/echo", body=json.dumps({"message": "Bom dia"}), **headers)),
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for before, people in zip((0, *PEOPLE), PEOPLE, strict=False):
        add_people(built.product, before, people)
        built.settle()
        for name, figure in zip(kinds, _in_turns(kinds.values()), strict=True):
            found[name].append(figure)
    return found


def _get(process: LambdaProcess, path: str, headers: dict[str, str]) -> Measure:
    first, *rest = path.strip("/").split("/")
    resource = f"/{first}/{{conversation_id}}" if rest else path
    return _measure(process, http_event("GET", path, resource, **headers))


def _measure(process: LambdaProcess, event: dict[str, object]) -> Measure:
    return lambda: process.invoke(event)[0] * 1000


def _reply(built: BuiltStack, process: LambdaProcess, length: int) -> Measure:
    history = add_history(built.product, built.user_id, length)
    ask = _measure(process, message_event(headers_of(built), history.id))

    def measure() -> float:
        milliseconds = around_gemini(built, ask)
        history.forget_later()
        return milliseconds

    return measure


def _in_turns(measures: Iterable[Measure]) -> list[float]:
    """The middle figure of each, one after another and all over again."""
    times: list[tuple[Measure, list[float]]] = [(measure, []) for measure in measures]
    for number in range(WARM + RUNS):
        for measure, mine in times:
            milliseconds = measure()
            if number >= WARM:
                mine.append(milliseconds)
    return [p50(mine) for _, mine in times]


def _lines(what: str, sizes: Sequence[int], found: dict[str, list[float]]) -> str:
    heads = [f"{size:,}" for size in sizes]
    lines = [f"| p50 ms, {what} | {' | '.join(heads)} | ratio | wanted |"]
    lines.append("|---" * (len(sizes) + 3) + "|")
    for name, figures in found.items():
        cells = " | ".join(f"{figure:.1f}" for figure in figures)
        base = sizes.index(FULL_PAGE) if name.startswith("GET") and FULL_PAGE in sizes else 0
        ratio = f"{figures[-1] / figures[base]:.2f} (to {heads[base]})"
        lines.append(f"| {name} | {cells} | {ratio} | ≤ {WANTED} |")
    return "\n".join(lines)


def _plot(title: str, sizes: Sequence[int], found: dict[str, list[float]]) -> str:
    top = max(max(figures) for figures in found.values())
    lines = ["```mermaid", "xychart-beta", f'    title "{title}"', f"    x-axis [{', '.join(map(str, sizes))}]"]
    lines.append(f'    y-axis "ms" 0 --> {top * 1.2:.0f}')
    lines += [f"    line [{', '.join(f'{figure:.1f}' for figure in figures)}]" for figures in found.values()]
    names = ", ".join(f"`{name}`" for name in found)
    return "\n".join([*lines, "```", "", f"Lines, in this order: {names}."])
