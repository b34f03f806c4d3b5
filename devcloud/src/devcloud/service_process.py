"""One service of the project, `[tool.devcloud.services.<name>]`: a command that listens on the port it is given."""

from collections.abc import Mapping
from pathlib import Path

from devcloud.configuration import Service, fill_placeholders
from devcloud.console import Console
from devcloud.errors import StartError
from devcloud.http_server import address_of, bind, wait_until_accepting
from devcloud.processes import IMPORT_ROOT, Child, clean_environment, start_child, wait_unless_exited
from devcloud.secret_store import SecretStore


class ServiceProcess:
    """A service's process. `facts` are the placeholders of its command: host, port and url."""

    def __init__(self, service: Service, host: str, port: int) -> None:
        self.name = service.name
        self._command = service.command
        # The socket proves that the port is free. It is closed again, because the command opens its own.
        with bind(host, port, f"service {service.name} with --service-port {service.name}=PORT") as listener:
            self._host, self._port = listener.getsockname()[:2]
            self.url = f"http://{address_of(listener)}"
        self.facts = {"host": self._host, "port": str(self._port), "url": self.url}
        self.child: Child | None = None

    async def start(self, folder: Path, facts: Mapping[str, str], secrets: SecretStore, console: Console) -> None:
        """Run the command in `folder` and wait until it accepts connections. Raises StartError.

        The command's output goes to the console. Its Python can import devcloud.
        """
        known = {**facts, **self.facts}
        command = [fill_placeholders({self.name: part}, known, secrets)[self.name] for part in self._command]
        try:
            self.child = await start_child(
                command,
                environment=clean_environment({"PYTHONPATH": IMPORT_ROOT}),
                folder=folder,
                on_line=lambda line: console.log(self.name, line),
            )
        except OSError as error:
            raise StartError(f"The service {self.name} cannot be run: {command[0]}: {error.strerror}.") from error
        if not await wait_unless_exited(self.child, wait_until_accepting(self._host, self._port)):
            last = " ".join(list(self.child.tail)[-1:])
            raise StartError(f"The service {self.name} stopped while starting: {last}")

    async def stop(self) -> None:
        """Kill the process: it has no work of its own to finish."""
        if self.child is not None:
            await self.child.end(grace=0)
