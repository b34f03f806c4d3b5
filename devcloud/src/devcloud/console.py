"""Readable log on the terminal: time, source and text of each event."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
# Fields of Powertools' Logger that a developer does not need.
_HIDDEN_FIELDS = {"level", "message", "location", "timestamp", "service", "exception", "exception_name",
                  "stack_trace", "cold_start", "function_name", "function_memory_size", "function_arn",
                  "function_request_id", "xray_trace_id", "sampling_rate"}  # fmt: skip
_RUNTIME_LINE = re.compile(r"\[(\w+)\]\t\S+Z\t\S*\t(.*)", re.DOTALL)
_LEVEL = re.compile(r"(DEBUG|WARNING|ERROR|CRITICAL)\b")


class Console:
    """Log that writes lines to `stream`, in colour if it is a terminal."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._use_colour = stream.isatty()

    def log(self, source: str, text: str) -> None:
        """Write one line. `source` is a service, function or queue; `text` may begin with a level, such as ERROR."""
        level = _LEVEL.match(text)
        painted = self._colour_text(text, _COLOURS[level[1]]) if level else text
        stamp = self._colour_text(time.strftime("%H:%M:%S"), "2")
        self._stream.write(f"{stamp} {self._colour_text(f'{source:<16}', '36')} {painted}\n")
        self._stream.flush()

    def error(self, text: str) -> None:
        """Write an error of devcloud itself."""
        self.log("devcloud", f"ERROR {text}")

    def function_log(self, source: str) -> Callable[[str], None]:
        """Return a callback that logs the output lines of one function in readable form."""
        return lambda line: self.log(source, format_log_line(line))

    def access(self, method: str, path: str, status: int, milliseconds: float, function: str) -> None:
        """Log one request. `path` must hold no query string and no value of a path parameter: they may be secrets."""
        colour = "32" if status < 400 else "33" if status < 500 else "31"
        painted = self._colour_text(str(status), colour)
        self.log("gateway", f"{method} {path} {painted} {milliseconds:.0f} ms {function}".rstrip())

    def _colour_text(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._use_colour else text


def format_log_line(line: str) -> str:
    """Convert a structured (JSON) line to `LEVEL message key=value…`. Other lines stay unchanged."""
    # awslambdaric writes a traceback as one line, with carriage returns in place of line breaks.
    line = line.rstrip("\r\n").replace("\r", "\n")
    try:
        record = json.loads(line) if line.startswith("{") else None
    except json.JSONDecodeError:
        record = None
    if isinstance(record, dict) and "_aws" in record:
        return "metric " + _format_fields((key, value) for key, value in record.items() if key != "_aws")
    if isinstance(record, dict) and "message" in record:
        return _format_record(record)
    runtime = _RUNTIME_LINE.match(line)
    return f"{runtime[1]} {runtime[2]}" if runtime else line


def _format_record(record: dict[str, Any]) -> str:
    message = record["message"]
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    extra = _format_fields((key, value) for key, value in record.items() if key not in _HIDDEN_FIELDS)
    text = " ".join(part for part in (str(record.get("level", "INFO")), message, extra) if part)
    return f"{text}\n{record['exception']}" if record.get("exception") else text


def _format_fields(items: Iterable[tuple[str, Any]]) -> str:
    return " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}" for key, value in items
    )
