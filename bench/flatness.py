"""Latency by amount of data: messages in a conversation, conversations of a user, number of users.

One warm process answers the same requests for all sizes alternately. The number of users cannot alternate, so there
a bare echo is measured as a reference. Each value is the median of RUNS. Long conversations have a summary, as the
memory worker would leave it, so that all prompts have the same size. A page shows at most 50 messages and 30
conversations, so its ratios begin at a size that fills it.
"""

import json
from collections.abc import Callable, Iterable, Sequence

from bench.built_stack import BuiltStack
from bench.warm import DEFAULT_PACE, PACE, echo_process, headers_of, message_event, p50, time_without_gemini
from tests.support.histories import add_conversations, add_history, add_people
from tests.support.lambda_process import LambdaProcess, http_event

RUNS = 150
WARM_UP_RUNS = 10
MAX_RATIO = 1.2
LENGTHS = (10, 100, 1_000, 10_000)
CONVERSATIONS = (10, 100, 10_000)
FULL_PAGE = 100
PEOPLE = (1_000, 100_000)
REPLY = "POST /chat/message, around Gemini"

Measure = Callable[[], float]


def table(stack: BuiltStack) -> str:
    stack.gemini.put("/pace", json=PACE).raise_for_status()
    like = stack.cloud.function_processes("ChatFunction")[0]
    process, echo = LambdaProcess(like), echo_process(like)
    try:
        by_length = _by_length(stack, process)
        by_conversations = _by_conversations(stack, process)
        by_people = _by_people(stack, process, echo)
    finally:
        process.stop()
        echo.stop()
        stack.gemini.put("/pace", json=DEFAULT_PACE).raise_for_status()
    return "\n\n".join(
        [
            _table("messages in the conversation", LENGTHS, by_length),
            _plot("p50 in ms by the messages in the conversation", LENGTHS, by_length),
            _table("conversations of the person", CONVERSATIONS, by_conversations),
            _table("people", PEOPLE, by_people),
        ]
    )


def _by_length(stack: BuiltStack, process: LambdaProcess) -> dict[str, list[float]]:
    headers = headers_of(stack)
    ids = [add_history(stack.product, stack.user_id, length).id for length in LENGTHS]
    stack.update_statistics()
    kinds = {
        "GET /chat/{conversation_id}": [_get(process, f"/chat/{one}", headers) for one in ids],
        "GET /conversation/{conversation_id}": [_get(process, f"/conversation/{one}", headers) for one in ids],
        REPLY: [_reply(stack, process, length) for length in LENGTHS],
    }
    return {name: _interleave(measures) for name, measures in kinds.items()}


def _by_conversations(stack: BuiltStack, process: LambdaProcess) -> dict[str, list[float]]:
    people = [stack.people.member() for _ in CONVERSATIONS]
    for person, count in zip(people, CONVERSATIONS, strict=True):
        add_conversations(stack.product, stack.id_of(person), count)
    stack.update_statistics()
    return {
        f"GET {path}": _interleave([_get(process, path, headers_of(stack, person)) for person in people])
        for path in ("/chat", "/conversations")
    }


def _by_people(stack: BuiltStack, process: LambdaProcess, echo: LambdaProcess) -> dict[str, list[float]]:
    headers = headers_of(stack)
    kinds = {
        "GET /chat": _get(process, "/chat", headers),
        "GET /conversations": _get(process, "/conversations", headers),
        REPLY: _reply(stack, process, LENGTHS[0]),
        "bare echo": _measure(echo, http_event("POST", "/echo", body=json.dumps({"message": "Bom dia"}), **headers)),
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for before, people in zip((0, *PEOPLE), PEOPLE, strict=False):
        add_people(stack.product, before, people)
        stack.update_statistics()
        for name, figure in zip(kinds, _interleave(kinds.values()), strict=True):
            found[name].append(figure)
    return found


def _get(process: LambdaProcess, path: str, headers: dict[str, str]) -> Measure:
    first, *rest = path.strip("/").split("/")
    resource = f"/{first}/{{conversation_id}}" if rest else path
    return _measure(process, http_event("GET", path, resource, **headers))


def _measure(process: LambdaProcess, event: dict[str, object]) -> Measure:
    return lambda: process.invoke(event)[0] * 1000


def _reply(stack: BuiltStack, process: LambdaProcess, length: int) -> Measure:
    history = add_history(stack.product, stack.user_id, length)
    ask = _measure(process, message_event(headers_of(stack), history.id))

    def measure() -> float:
        milliseconds = time_without_gemini(stack, ask)
        history.truncate()
        return milliseconds

    return measure


def _interleave(measures: Iterable[Measure]) -> list[float]:
    """Return the median of each measure. The measures run alternately, so that load on the machine affects all."""
    times: list[tuple[Measure, list[float]]] = [(measure, []) for measure in measures]
    for number in range(WARM_UP_RUNS + RUNS):
        for measure, own_times in times:
            milliseconds = measure()
            if number >= WARM_UP_RUNS:
                own_times.append(milliseconds)
    return [p50(own_times) for _, own_times in times]


def _table(what: str, sizes: Sequence[int], found: dict[str, list[float]]) -> str:
    heads = [f"{size:,}" for size in sizes]
    lines = [f"| p50 ms, {what} | {' | '.join(heads)} | ratio | wanted |"]
    lines.append("|---" * (len(sizes) + 3) + "|")
    for name, figures in found.items():
        cells = " | ".join(f"{figure:.1f}" for figure in figures)
        base = sizes.index(FULL_PAGE) if name.startswith("GET") and FULL_PAGE in sizes else 0
        ratio = f"{figures[-1] / figures[base]:.2f} (to {heads[base]})"
        lines.append(f"| {name} | {cells} | {ratio} | ≤ {MAX_RATIO} |")
    return "\n".join(lines)


def _plot(title: str, sizes: Sequence[int], found: dict[str, list[float]]) -> str:
    top = max(max(figures) for figures in found.values())
    lines = ["```mermaid", "xychart-beta", f'    title "{title}"', f"    x-axis [{', '.join(map(str, sizes))}]"]
    lines.append(f'    y-axis "ms" 0 --> {top * 1.2:.0f}')
    lines += [f"    line [{', '.join(f'{figure:.1f}' for figure in figures)}]" for figures in found.values()]
    names = ", ".join(f"`{name}`" for name in found)
    return "\n".join([*lines, "```", "", f"Lines, in this order: {names}."])
