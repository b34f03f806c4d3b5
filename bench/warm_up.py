"""Time from sending a message to the first piece of its reply, just after the chat page was opened on a cold system.

The page's warm-up starts a new process of the streaming function; the user types for TYPING_SECONDS and sends. Beside
it: the same without a warm-up, where the message itself starts the process, and the same on a warm system, where the
process has replied before. All three run in turns, RUNS times. Times are medians; a ratio is the median of the ratios
of each turn. They contain Gemini's own time to its first piece, as a user's wait does. In a second measurement the
fake of Gemini answers at once, which shows our own time alone.
"""

import time
from dataclasses import dataclass
from statistics import median

from bench.built_stack import BuiltStack
from bench.cold_start import deployed_variables, process_of
from bench.stream_process import StreamProcess, start_stream
from tests.support.lambda_process import environment_of

RUNS = 7
TYPING_SECONDS = 3.0
WANTED = 1.2
# Assumed time to the first piece, shorter than that of most models. A slower model makes the ratio smaller.
GEMINI_SECONDS = 0.3


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn. `preparation` is from the opened page to the answer of its warm-up."""

    preparation: float
    prepared: float
    unprepared: float
    warm: float


def table(stack: BuiltStack) -> str:
    lines = [
        "| send → first piece, ms | of it Gemini | page just opened | warm | ratio | wanted |",
        "|---|---|---|---|---|---|",
    ]
    for gemini, wanted in ((GEMINI_SECONDS, f"≤ {WANTED}"), (0.0, "")):
        pace = {"delay": 0, "first_delay": gemini, "pieces": 2, "text": "Uma resposta."}
        stack.gemini.put("/pace", json=pace).raise_for_status()
        turns = [_measure(stack) for _ in range(RUNS)]
        lines.append(_line("with the warm-up", gemini, [(one.prepared, one.warm) for one in turns], wanted))
        lines.append(_line("without it", gemini, [(one.unprepared, one.warm) for one in turns], ""))
    took = median(one.preparation for one in turns) * 1000
    lines.append(f"\nThe warm-up took {took:.0f} ms of {TYPING_SECONDS:.0f} s of typing.")
    return "\n".join(lines)


def _line(name: str, gemini: float, pairs: list[tuple[float, float]], wanted: str) -> str:
    measured, warm = (median(column) * 1000 for column in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    return f"| {name} | {gemini * 1000:.0f} | {measured:.0f} | {warm:.0f} | {ratio:.2f} | {wanted} |"


def _measure(stack: BuiltStack) -> Turn:
    pid = process_of(stack, "ChatStreamFunction")
    environment = {**environment_of(pid), **deployed_variables(stack, pid)}
    headers = {"cookie": stack.cookie(), "origin": stack.origin}

    _settle(stack)
    opened_at = time.perf_counter()
    with start_stream(environment, headers) as process:
        process.warm_up()
        preparation = time.perf_counter() - opened_at
        if preparation > TYPING_SECONDS:
            raise RuntimeError(f"the warm-up took {preparation:.1f} s, longer than the user typed")
        time.sleep(TYPING_SECONDS - preparation)
        prepared = process.first_piece()
        warm = median(_ask_settled(stack, process) for _ in range(3))
    _settle(stack)
    with start_stream(environment, headers) as process:
        unprepared = process.init_seconds + process.first_piece()
    return Turn(preparation, prepared, unprepared, warm)


def _ask_settled(stack: BuiltStack, process: StreamProcess) -> float:
    _settle(stack)
    return process.first_piece()


def _settle(stack: BuiltStack) -> None:
    """Let the jobs of the last reply end, and let the next message begin a new conversation."""
    stack.wait_until_quiet()
    stack.member.http.post("/reset_chat").raise_for_status()
