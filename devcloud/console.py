"""One readable log: the time, who speaks, what is said."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
# What every line of Powertools' Logger carries and nobody reads on a laptop.
_NOISE = {"level", "message", "location", "timestamp", "service", "exception", "exception_name", "stack_trace",
          "cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id",
          "xray_trace_id", "sampling_rate"}  # fmt: skip
_RUNTIME_LINE = re.compile(r"\[(\w+)\]\t\S+Z\t\S*\t(.*)", re.DOTALL)
_LEVEL = re.compile(r"(DEBUG|WARNING|ERROR|CRITICAL)\b")


class Console:
    """Writes lines to `stream`, in colour when that is a terminal."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._colour = stream.isatty()

    def say(self, source: str, text: str) -> None:
        """One line of devcloud itself or of a service; its first word may be a level."""
        level = _LEVEL.match(text)
        painted = self._paint(text, _COLOURS[level[1]]) if level else text
        stamp = self._paint(time.strftime("%H:%M:%S"), "2")
        self._stream.write(f"{stamp} {self._paint(f'{source:<16}', '36')} {painted}\n")
        self._stream.flush()

    def error(self, text: str) -> None:
        """A sentence about what went wrong in devcloud itself."""
        self.say("devcloud", f"ERROR {text}")

    def function_log(self, source: str) -> Callable[[str], None]:
        """Takes the lines that a function writes: JSON of a structured logger is made readable."""
        return lambda line: self.say(source, readable(line))

    def access(self, method: str, path: str, status: int, milliseconds: float, function: str) -> None:
        """One request. `path` must not carry a query string or the value of a path parameter."""
        colour = "32" if status < 400 else "33" if status < 500 else "31"
        painted = self._paint(str(status), colour)
        self.say("gateway", f"{method} {path} {painted} {milliseconds:.0f} ms {function}".rstrip())

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def readable(line: str) -> str:
    """`LEVEL message key=value…` for a structured line; any other line as it is."""
    # awslambdaric writes a whole traceback as one line, its parts ended by carriage returns.
    line = line.rstrip("\r\n").replace("\r", "\n")
    try:
        record = json.loads(line) if line.startswith("{") else None
    except json.JSONDecodeError:
        record = None
    if isinstance(record, dict) and "_aws" in record:
        return "metric " + _pairs((key, value) for key, value in record.items() if key != "_aws")
    if isinstance(record, dict) and "message" in record:
        return _structured(record)
    runtime = _RUNTIME_LINE.match(line)
    return f"{runtime[1]} {runtime[2]}" if runtime else line


def _structured(record: dict[str, Any]) -> str:
    message = record["message"]
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    extra = _pairs((key, value) for key, value in record.items() if key not in _NOISE)
    text = " ".join(part for part in (str(record.get("level", "INFO")), message, extra) if part)
    return f"{text}\n{record['exception']}" if record.get("exception") else text


def _pairs(items: Iterable[tuple[str, Any]]) -> str:
    return " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for key, value in items
    )
