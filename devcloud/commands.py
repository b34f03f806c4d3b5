"""The commands of [tool.devcloud] that must succeed before anything is served."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devcloud.errors import StartError
from devcloud.processes import clean_environment, start_child


async def run_command(words: list[str], environment: Mapping[str, str], folder: Path) -> list[str]:
    """The lines a command wrote; raises StartError with its last one when it failed.

    `{python}` among its words is the interpreter that runs devcloud.
    """
    if not words:
        return []
    command = [sys.executable if word == "{python}" else word for word in words]
    try:
        child = await start_child(command, environment=clean_environment(environment), folder=folder)
    except OSError as error:
        raise StartError(f"{command[0]} cannot be run: {error.strerror}.") from error
    code = await child.wait()
    lines = [line for line in child.tail if line.strip()]
    if code:
        raise StartError(lines[-1].strip() if lines else f"{' '.join(words)} failed with exit status {code}.")
    return lines
