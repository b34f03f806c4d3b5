"""Child processes that cannot outlive devcloud, and whose output is read line by line."""

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
_LONGEST_LINE = 1_000_000


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a child needs to run at all, and `extra`; nothing else of the surrounding environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {"PATH": os.defpath, "HOME": "/", "LANG": "C.UTF-8", **kept, "PYTHONUNBUFFERED": "1", **extra}


class Child:
    """One running child. `tail` holds its last lines, to tell why it ended."""

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
        """Asked of the kernel, since the news of an end may still be on its way: whether it will run any further.

        A process that SIGKILL has been sent to never does, though it may take some milliseconds to go.
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
        """Waits for its end and for its last lines; gives its exit code."""
        code = await self._process.wait()
        # A grandchild may still hold the pipe: end the whole session, or the reading would never end.
        self._signal(signal.SIGKILL)
        # Several may wait; when one of them is cancelled, the reading goes on for the others.
        await asyncio.shield(self._output)
        return code

    def kill(self) -> None:
        """SIGKILL to it and to all that it started."""
        self._signal(signal.SIGKILL)

    async def end(self, grace: float) -> None:
        """SIGTERM, and SIGKILL when it has not ended after `grace` seconds."""
        if self.returncode is None:
            self._signal(signal.SIGTERM if grace else signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace or None)
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: int) -> None:
        # It may have ended already, which is what is wanted.
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
    """Starts `command` in a session of its own; `on_line` gets each line of its output.

    On Linux the kernel sends it `death_signal` when devcloud dies, however that happens. setpriv does it,
    as preexec_fn is not safe beside threads.
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
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            _tell(lines, tail, on_line)
        _tell([rest] if rest else [], tail, on_line)
    finally:
        transport.close()


def _tell(lines: Iterable[bytes], tail: deque[str], on_line: Callable[[str], None] | None) -> None:
    for line in lines:
        text = line.decode(errors="replace")
        tail.append(text)
        if on_line:
            on_line(text)


async def first_of(child: Child, awaited: Awaitable[Result]) -> Result | None:
    """Waits for `awaited`, but not longer than the child lives; None when the child ended first."""
    wanted = asyncio.ensure_future(awaited)
    ended = asyncio.ensure_future(child.wait())
    try:
        await asyncio.wait([wanted, ended], return_when=asyncio.FIRST_COMPLETED)
        return wanted.result() if wanted.done() else None
    finally:
        wanted.cancel()
        ended.cancel()
