"""Run the commands of [tool.devcloud], which must succeed before devcloud serves requests."""

import sys
from collections.abc import Mapping
from pathlib import Path

from devcloud.errors import StartError
from devcloud.processes import clean_environment, start_child


async def run_command(arguments: list[str], environment: Mapping[str, str], folder: Path) -> list[str]:
    """Run a command in `folder`. The argument `{python}` stands for the interpreter that runs devcloud.

    Returns the last lines that it printed, without empty ones. Raises StartError with the last line if it fails.
    """
    if not arguments:
        return []
    command = [sys.executable if argument == "{python}" else argument for argument in arguments]
    try:
        child = await start_child(command, environment=clean_environment(environment), folder=folder)
    except OSError as error:
        raise StartError(f"{command[0]} cannot be run: {error.strerror}.") from error
    code = await child.wait()
    lines = [line for line in child.tail if line.strip()]
    if code:
        raise StartError(lines[-1].strip() if lines else f"{' '.join(arguments)} failed with exit status {code}.")
    return lines
