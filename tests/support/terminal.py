"""A person at a terminal, who answers a program's questions."""

import os
import pty
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.paths import ROOT

END_OF_INPUT = b"\x04"  # a program that asks more than there are answers ends, and does not hang


def at_a_terminal(
    command: Sequence[str], environment: dict[str, str], answers: list[str], folder: Path = ROOT
) -> tuple[int, str]:
    """Run a program whose questions end with ": " or "] ". Returns its exit code and everything on the screen."""
    person, terminal = pty.openpty()
    left = [*answers]
    with subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True, stdin=terminal, stdout=terminal, stderr=terminal
    ) as program:
        os.close(terminal)
        seen = b""
        try:
            while piece := _read(person):
                seen += piece
                if seen.endswith((b": ", b"] ")):
                    os.write(person, left.pop(0).encode() + b"\n" if left else END_OF_INPUT)
        except BaseException:  # a test that ran out of time; the program would wait for its answer for ever
            os.killpg(program.pid, signal.SIGKILL)
            raise
    os.close(person)
    return program.returncode, seen.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux reports so that the other end is closed
        return b""
