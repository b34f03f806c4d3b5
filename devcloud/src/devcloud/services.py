"""Services that functions use: database, AWS emulator and the project's own services, or real ones from .env."""

import json
import os
import secrets
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from devcloud.aws import Aws
from devcloud.commands import run_command
from devcloud.concurrency import run_all
from devcloud.configuration import Configuration, Service, fill_placeholders, function_variables, read_configuration
from devcloud.console import Console
from devcloud.data_dir import lock_data_dir
from devcloud.databases import DATABASES, AnyDatabase
from devcloud.errors import ConfigurationError, StartError
from devcloud.http_server import HttpServer
from devcloud.intrinsics import REGION
from devcloud.isolated_interpreter import BUILT_TEMPLATE, isolated_interpreter
from devcloud.permissions import Permissions
from devcloud.processes import IMPORT_ROOT, clean_environment, start_child
from devcloud.schedules import occurrences
from devcloud.secret_store import SecretStore, write_private_file
from devcloud.service_process import ServiceProcess
from devcloud.template import Function, Template, read_template


@dataclass(frozen=True)
class Options:
    """Options of the command line."""

    root: Path
    host: str
    port: int
    lambda_port: int
    env_file: Path
    data: Path
    stage: str
    reload: bool
    built: bool = False
    services_only: bool = False
    bind: str = "127.0.0.1"
    foreign_requests: bool = False
    database: str = "mariadb"
    adapter: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path | None = None
    service_ports: Mapping[str, int] = field(default_factory=dict)


class LocalServices:
    """The services of one devcloud. `stack` stops them.

    `addresses` maps service names to local addresses, and to None for real services. `template` has the URLs of the
    queues after `start()`.
    """

    def __init__(self, options: Options, stack: AsyncExitStack, console: Console) -> None:
        self.options = options
        self.configuration = _configuration(options)
        self.template = self._read_template()
        for schedule in self.template.schedules:
            occurrences(schedule, datetime.now(UTC))  # report an invalid schedule now, not when it should fire
        self.aws = Aws(self.configuration.dotenv)
        self.database: AnyDatabase | None = None
        self.processes: list[ServiceProcess] = []
        self.addresses: dict[str, Any] = {}
        self.permissions = Permissions({})
        self._credentials: dict[str, dict[str, str]] = {}
        self._stack = stack
        self._console = console
        self._overlays: list[dict[str, str]] = []

    async def start(self, gateway: str) -> None:
        """Start all services on `options.bind`. `gateway` is the URL of the product, for the functions' settings."""
        if unknown := self.options.service_ports.keys() - self.configuration.services.keys():
            raise ConfigurationError(f"pyproject.toml has no service named {', '.join(sorted(unknown))}.")
        self._secrets = SecretStore(self.options.data / "secrets.json")
        self._facts = {"gateway": gateway, "python": sys.executable, "data": str(self.options.data)}
        self._overlays.append(fill_placeholders(self.configuration.environment, self._facts, self._secrets))
        for service in self.configuration.services.values():
            self._add_process(service)
        self.database = self._database()
        self._overlays.append(self.configuration.dotenv)
        self._stack.push_async_callback(self.aws.stop)
        await run_all([self._start_local(), self._start_aws(), self._translate_roles()])

    async def migrate(self) -> list[str]:
        """Run the project's migration command. Returns the lines that it printed."""
        return await run_command(self.configuration.migrate, self._command_environment(), self.options.root)

    def variables(self, function: Function) -> dict[str, str]:
        """Return the variables that the template declares for a function, with their local values."""
        return function_variables(function.variables, self._overlays)

    def credentials(self, function: Function) -> dict[str, str]:
        """Return the variables with the keys of a function's role."""
        return self._credentials.get(function.logical_id, {})

    async def serve(self, server: HttpServer) -> str:
        """Start a server that stops with the other services. Returns its host:port."""
        self._stack.push_async_callback(server.stop)
        return await server.start()

    def _add_process(self, service: Service) -> None:
        """Choose the address of a project's service, unless .env configures the real one."""
        self.addresses[service.name] = None
        if not self.configuration.starts(service):
            return
        port = self.options.service_ports.get(service.name, service.port)
        process = ServiceProcess(service, self.options.bind, port)
        self._stack.push_async_callback(process.stop)
        self.processes.append(process)
        self.addresses[service.name] = process.url
        self._overlays.append(fill_placeholders(service.environment, {**self._facts, **process.facts}, self._secrets))

    async def _start_local(self) -> None:
        """Start the database and the project's services."""
        starts = [one.start(self.options.root, self._facts, self._secrets, self._console) for one in self.processes]
        await run_all([*starts, *([self.database.start()] if self.database else [])])

    def _database(self) -> AnyDatabase | None:
        self.addresses["database"] = None
        service = self.configuration.database
        if service is None or not self.configuration.starts(service):
            return None
        kind = DATABASES[self.options.database]
        database = kind(self.options.data, self.configuration.database_name, self._secrets, self.options.bind)
        self._stack.push_async_callback(database.stop)
        self.addresses["database"] = asdict(database.address)
        facts = {name: str(value) for name, value in self.addresses["database"].items()}
        self._overlays.append(fill_placeholders(service.environment, {**self._facts, **facts}, self._secrets))
        return database

    async def _start_aws(self) -> None:
        """Start the AWS emulator, create the template's resources, then read the template with their queue URLs."""
        await self.aws.start(self.options.data, self.options.bind, self._roles_file)
        queue_urls = await self.aws.create(self._read_template(region=self.aws.region))
        self.addresses["aws"] = self.aws.endpoint
        # Functions under `sam local` need this variable. It is set only where the template declares it.
        self._overlays.append({"AWS_ENDPOINT_URL": self.aws.endpoint})
        self.template = self._read_template(queue_urls, self.aws.region)
        await run_command(self.configuration.check, self._command_environment(), self.options.root)

    def _read_template(self, queue_urls: dict[str, str] | None = None, region: str = REGION) -> Template:
        template = read_template(self.configuration.template, queue_urls, region, self.options.parameters)
        interpreter = isolated_interpreter(self.options.data) if self.options.built else Path(sys.executable)
        functions = {
            name: replace(one, interpreter=interpreter, adapter=self.options.adapter)
            for name, one in template.functions.items()
        }
        return replace(template, functions=functions)

    @property
    def _roles_file(self) -> Path:
        return self.options.data / "roles.json"

    async def _translate_roles(self) -> None:
        """Write the file of the functions' roles. Without them all functions have the owner's permissions."""
        if self.aws.is_real or self.options.services_only:
            return
        keys = {
            f"ASIA{secrets.token_hex(8).upper()}": (name, secrets.token_hex(20)) for name in self.template.functions
        }
        task = {
            "template": str(self.configuration.template),
            "parameters": dict(self.options.parameters),
            "region": self.aws.region,
            "keys": keys,
        }
        write_private_file(self._roles_file, json.dumps(task))
        environment = clean_environment({"PYTHONPATH": IMPORT_ROOT, "AWS_DEFAULT_REGION": self.aws.region})
        command = [sys.executable, "-m", "devcloud.roles", str(self._roles_file)]
        child = await start_child(command, environment=environment, folder=self.options.data)
        try:
            code = await child.wait()
        finally:
            await child.end(grace=0)
        if code:
            write_private_file(self._roles_file, "{}")
            last = " ".join(list(child.tail)[-1:])
            self._console.log(
                "roles", f"WARNING permissions are not checked, the template cannot be translated: {last}"
            )
        self.permissions = Permissions.read(self._roles_file)
        self._credentials = {
            function: {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": key}
            for key, (function, secret) in keys.items()
            if self.permissions.role(key)
        }

    def _command_environment(self) -> dict[str, str]:
        variables = [self.variables(function) for function in self.template.functions.values()]
        return {
            **self.aws.environment,
            **{name: value for one in variables for name, value in one.items()},
            "PYTHONPATH": os.pathsep.join(map(str, self.template.layers)),
        }


class RunningServices(ABC):
    """Services as a context manager, which locks the data folder. `_start` starts them, then their users."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._stack = AsyncExitStack()
        self._services = LocalServices(options, self._stack, console)

    async def __aenter__(self) -> Self:
        try:
            self._stack.enter_context(lock_data_dir(self._options.data))
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    @abstractmethod
    async def _start(self) -> None: ...


def announce_services(services: LocalServices, console: Console) -> None:
    """Log one line per service: whether it is local or real."""
    configuration = services.configuration
    for line in services.template.unsupported:
        console.log("template", line)
    for service in [configuration.database, *configuration.services.values()]:
        if service is None:
            continue
        starts = configuration.starts(service)
        kind = f"local (set {service.unless} in .env to use the real service)" if starts else "real, from .env"
        is_fixed = starts and service.port
        console.log(service.name, f"{services.addresses[service.name]} {kind}" if is_fixed else kind)
    from_env = "AWS_ENDPOINT_URL" in services.configuration.dotenv
    console.log(
        "aws", "endpoint from .env" if from_env else "emulator (set AWS_ENDPOINT_URL in .env to use another endpoint)"
    )


def _configuration(options: Options) -> Configuration:
    configuration = read_configuration(options.root, options.env_file, options.template)
    if not options.built:
        return configuration
    template = options.root / BUILT_TEMPLATE
    if not template.exists():
        raise StartError("There is no build; run `sam build` first.")
    return replace(configuration, template=template)
