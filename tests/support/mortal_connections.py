"""A process that is killed at one of its statements."""

from falaai.connections import Connection


class Killed(BaseException):
    """The process was killed; no code catches this error."""


class MortalConnection(Connection):
    """Dies with its process at one of its statements, before the server has it."""

    statements_left = 0

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        MortalConnection.statements_left -= 1
        if MortalConnection.statements_left == 0:
            self._force_close()
            raise Killed
        super()._execute_command(command, sql)
