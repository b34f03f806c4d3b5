"""Child processes: their output is read line by line, and they end when devcloud ends."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
# With this folder on its import path, a Python child can import devcloud.
IMPORT_ROOT = str(Path(__file__).parents[1])
_MAX_LINE_BYTES = 1_000_000


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return a minimal environment for a child process plus `extra`. Other variables are not inherited."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {"PATH": os.defpath, "HOME": "/", "LANG": "C.UTF-8", **kept, "PYTHONUNBUFFERED": "1", **extra}


class Child:
    """A child process. `tail` holds its last 50 output lines, for error messages."""

    def __init__(self, process: asyncio.subprocess.Process, output: asyncio.Task[None], tail: deque[str]) -> None:
        self._process = process
        self._output = output
        self.tail = tail

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    @property
    def is_alive(self) -> bool:
        """Return whether the process still runs and has no SIGKILL pending.

        asyncio learns of an exit with a delay, so this reads /proc. A process with a pending SIGKILL runs no more
        code, but may exist for some milliseconds.
        """
        if sys.platform != "linux":
            return self.returncode is None
        try:
            status = dict(line.split(":\t", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        except (FileNotFoundError, ProcessLookupError):
            return False
        pending = int(status["SigPnd"], 16) | int(status["ShdPnd"], 16)
        return status["State"][0] not in "ZX" and not pending & 1 << signal.SIGKILL - 1

    async def wait(self) -> int:
        """Wait until the process has exited and its output is read. Returns the exit code."""
        code = await self._process.wait()
        # A grandchild may hold the pipe open. Kill the whole session, or reading would never end.
        self._signal(signal.SIGKILL)
        # Several tasks may wait. If one is cancelled, reading must continue for the others.
        await asyncio.shield(self._output)
        return code

    def kill(self) -> None:
        """Send SIGKILL to the process and its descendants in the same session."""
        self._signal(signal.SIGKILL)

    async def end(self, grace: float) -> None:
        """Send SIGTERM, and SIGKILL after `grace` seconds. With a grace of 0 send SIGKILL at once."""
        if self.returncode is None:
            self._signal(signal.SIGTERM if grace else signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace or None)
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: int) -> None:
        # The process may have exited already.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


async def start_child(
    command: list[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    on_line: Callable[[str], None] | None = None,
    death_signal: str = "KILL",
    input_file: int = asyncio.subprocess.DEVNULL,
) -> Child:
    """Start `command` in a new session. `on_line` is called with each line of its output.

    On Linux the kernel sends `death_signal` to the child when devcloud dies for any reason. The program setpriv
    arranges this, because preexec_fn is not safe in a process with threads.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if setpriv:
        command = [setpriv, f"--pdeathsig={death_signal}", "--", *command]
    read_end, write_end = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=folder, stdin=input_file, stdout=write_end, stderr=write_end,
            start_new_session=True,
        )  # fmt: skip
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    tail: deque[str] = deque(maxlen=50)
    return Child(process, asyncio.create_task(_read_lines(read_end, tail, on_line)), tail)


async def _read_lines(read_end: int, tail: deque[str], on_line: Callable[[str], None] | None) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", 0)
    )
    try:
        rest = b""
        while piece := await reader.read(65_536):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            _record_lines(lines, tail, on_line)
        _record_lines([rest] if rest else [], tail, on_line)
    finally:
        transport.close()


def _record_lines(lines: Iterable[bytes], tail: deque[str], on_line: Callable[[str], None] | None) -> None:
    for line in lines:
        text = line.decode(errors="replace")
        tail.append(text)
        if on_line:
            on_line(text)


async def wait_unless_exited(child: Child, awaited: Awaitable[Result]) -> Result | None:
    """Wait for `awaited` until the child exits. Returns the result, or None if the child exited first."""
    wanted = asyncio.ensure_future(awaited)
    ended = asyncio.ensure_future(child.wait())
    try:
        await asyncio.wait([wanted, ended], return_when=asyncio.FIRST_COMPLETED)
        return wanted.result() if wanted.done() else None
    finally:
        wanted.cancel()
        ended.cancel()
