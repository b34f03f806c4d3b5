"""Milliseconds from the first piece that the Gemini fake writes to the first piece that a client receives.

The client connects to the streaming function's server directly, as the web adapter does. The comparison is an HTTP
client that reads from the fake itself.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bench.built_stack import BuiltStack
from bench.warm import DEFAULT_PACE, MAX_FIRST_PIECE_MS, headers_of, p50, p99
from tests.support.histories import add_history
from tests.support.lambda_process import environment_of

RUNS = 60
WARM_UP_RUNS = 5
PACE = {"delay": 0.03, "pieces": 6, "text": "Uma resposta curta, como muitas são, em seis pedaços."}


def time_of_first(lines: Iterator[str], mark: str) -> float:
    """Return the time of the first line that starts with `mark`, and read the remaining lines."""
    when = 0.0
    for line in lines:
        when = when or (time.time() if line.startswith(mark) else 0.0)
    return when


@contextmanager
def recorded_request(stack: BuiltStack) -> Iterator[dict[str, float]]:
    """Collect the fake's record of the one request made inside the block."""
    stack.gemini.delete("/requests").raise_for_status()
    record: dict[str, float] = {}
    yield record
    record.update(stack.gemini.get("/requests").json()[0])


def measure(stack: BuiltStack, text: str, **more: Any) -> tuple[list[float], list[float]]:
    """Return milliseconds from Gemini's first piece to the first piece at our reader, and at a bare client of Gemini.

    The question has this text and the fields `more`, and is asked in a conversation of 10 messages.
    """
    gemini = stack.cloud.addresses["gemini"]
    stack.gemini.put("/pace", json=PACE).raise_for_status()
    stack.member.say("Aquecendo")
    with stack.member.stream("Aquecendo") as events:
        list(events)
    stack.wait_until_quiet()
    history = add_history(stack.product, stack.user_id, 10)
    server = environment_of(stack.cloud.function_processes("ChatStreamFunction")[0])["AWS_LWA_PORT"]
    question = {"message": text, "conversation_id": history.id, **more}
    bare_question = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    ours, bare = list[float](), list[float]()
    # The product requires the Origin header, and the fake refuses it. Therefore each of them has its own client.
    bare_client = httpx.Client(headers={"x-goog-api-key": "bench"}, timeout=30)
    with bare_client, httpx.Client(headers=headers_of(stack), timeout=30) as client:
        for number in range(WARM_UP_RUNS + RUNS):
            stack.product.run("UPDATE uso_diario SET buscas = 0")  # else the searches of the day are soon used up
            with recorded_request(stack) as record:
                url = f"http://127.0.0.1:{server}/chat/stream"
                with client.stream("POST", url, json=question) as answer:
                    seen = time_of_first(answer.iter_lines(), "event: delta")
            history.truncate()
            with recorded_request(stack) as bare_record:
                url = f"{gemini}/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse"
                with bare_client.stream("POST", url, json=bare_question) as answer:
                    bare_seen = time_of_first(answer.iter_lines(), "data: ")
            if number >= WARM_UP_RUNS:
                ours.append((seen - record["first_at"]) * 1000)
                bare.append((bare_seen - bare_record["first_at"]) * 1000)
    stack.gemini.put("/pace", json=DEFAULT_PACE).raise_for_status()
    return ours, bare


def table(stack: BuiltStack) -> str:
    ours, bare = measure(stack, "E o que mais?")
    return "\n".join(
        [
            "| first piece, after Gemini's | p50 ms | wanted | p99 ms |",
            "|---|---|---|---|",
            f"| at our reader | {p50(ours):.1f} | ≤ {MAX_FIRST_PIECE_MS} | {p99(ours):.1f} |",
            f"| at a bare client of Gemini | {p50(bare):.1f} | | {p99(bare):.1f} |",
        ]
    )
