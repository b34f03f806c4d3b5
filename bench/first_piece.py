"""From the moment the fake of Gemini writes its first piece to the moment a reader has ours, in milliseconds.

The reader speaks to the streaming function's own server, as the web adapter does. Beside it a bare HTTP client reads
the fake itself.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bench.built import BuiltStack
from bench.histories import add_history
from bench.warm import AS_BEFORE, MOST_TO_FIRST_PIECE, headers_of, p50, p99
from tests.lambda_process import environment_of

RUNS = 60
WARM = 5
PACE = {"delay": 0.03, "pieces": 6, "text": "Uma resposta curta, como muitas são, em seis pedaços."}


def first_at(lines: Iterator[str], mark: str) -> float:
    """When the first line that begins so was there; the rest is read to its end."""
    when = 0.0
    for line in lines:
        when = when or (time.time() if line.startswith(mark) else 0.0)
    return when


@contextmanager
def noted(built: BuiltStack) -> Iterator[dict[str, float]]:
    """What the fake noted of the one question that it is asked meanwhile."""
    built.gemini.delete("/requests").raise_for_status()
    note: dict[str, float] = {}
    yield note
    note.update(built.gemini.get("/requests").json()[0])


def table(built: BuiltStack) -> str:
    gemini = built.cloud.addresses["gemini"]
    built.gemini.put("/pace", json=PACE).raise_for_status()
    built.member.say("Aquecendo")
    with built.member.stream("Aquecendo") as events:
        list(events)
    built.wait_until_quiet()
    history = add_history(built.product, built.user_id, 10)
    server = environment_of(built.cloud.function_processes("ChatStreamFunction")[0])["AWS_LWA_PORT"]
    question = {"message": "E o que mais?", "conversation_id": history.id}
    bare_question = {"contents": [{"role": "user", "parts": [{"text": "E o que mais?"}]}]}
    ours, bare = list[float](), list[float]()
    with httpx.Client(headers=headers_of(built), timeout=30) as client:
        for number in range(WARM + RUNS):
            with noted(built) as note:
                url = f"http://127.0.0.1:{server}/chat/stream"
                with client.stream("POST", url, json=question) as answer:
                    seen = first_at(answer.iter_lines(), "event: delta")
            history.forget_later()
            with noted(built) as bare_note:
                url = f"{gemini}/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse"
                with client.stream("POST", url, json=bare_question, headers={"x-goog-api-key": "bench"}) as answer:
                    bare_seen = first_at(answer.iter_lines(), "data: ")
            if number >= WARM:
                ours.append((seen - note["first_at"]) * 1000)
                bare.append((bare_seen - bare_note["first_at"]) * 1000)
    built.gemini.put("/pace", json=AS_BEFORE).raise_for_status()
    return "\n".join(
        [
            "| first piece, after Gemini's | p50 ms | wanted | p99 ms |",
            "|---|---|---|---|",
            f"| at our reader | {p50(ours):.1f} | ≤ {MOST_TO_FIRST_PIECE} | {p99(ours):.1f} |",
            f"| at a bare client of Gemini | {p50(bare):.1f} | | {p99(bare):.1f} |",
        ]
    )
