"""What functions call: the database, AWS, Gemini and SendGrid, each a stand-in unless .env names a real one."""

import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from devcloud.aws import Aws
from devcloud.built import TEMPLATE as BUILT_TEMPLATE
from devcloud.built import bare_interpreter
from devcloud.commands import run_command
from devcloud.configuration import Configuration, fill, function_variables, read_configuration
from devcloud.console import Console
from devcloud.database import Database
from devcloud.errors import StartError
from devcloud.gemini import GeminiStandIn
from devcloud.http_server import HttpServer, bind
from devcloud.inbox import Inbox
from devcloud.intrinsics import REGION
from devcloud.schedules import occurrences
from devcloud.secret_store import SecretStore
from devcloud.sendgrid import SendgridStandIn
from devcloud.tasks import together
from devcloud.template import Function, Template, read_template


@dataclass(frozen=True)
class Options:
    """The command line."""

    root: Path
    host: str
    port: int
    inbox_port: int
    env_file: Path
    data: Path
    stage: str
    reload: bool
    built: bool = False
    services_only: bool = False
    bind: str = "127.0.0.1"
    foreign_requests: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


class Services:
    """`await start(gateway)` starts all of them on `options.bind` and fills in `template`; `stack` ends them.

    `addresses` tells where each one is, None for a real one.
    """

    def __init__(self, options: Options, stack: AsyncExitStack) -> None:
        self.options = options
        self.configuration = _configuration(options)
        self.template = self._read_template()
        for schedule in self.template.schedules:
            occurrences(schedule, datetime.now(UTC))  # tells now what it cannot read, not at night
        self.inbox = Inbox(options.data / "inbox.jsonl")
        self.aws = Aws(self.configuration.dotenv)
        self.database: Database | None = None
        self.addresses: dict[str, Any] = {}
        self._stack = stack
        self._overlays: list[dict[str, str]] = []

    async def start(self, gateway: str) -> None:
        """`gateway` is where people will reach the product."""
        self._secrets = SecretStore(self.options.data / "secrets.json")
        self._facts = {"gateway": gateway, "python": sys.executable}
        self._overlays.append(fill(self.configuration.environment, self._facts, self._secrets))
        await self._stand_in("gemini", GeminiStandIn().application())
        await self._stand_in("sendgrid", SendgridStandIn(self.inbox).application())
        self.database = self._database()
        self._overlays.append(self.configuration.dotenv)
        self._stack.push_async_callback(self.aws.stop)
        await together(_start_if(self.database), self._start_aws())

    async def migrate(self) -> list[str]:
        """What the project's own program said about it."""
        return await run_command(self.configuration.migrate, self._command_environment(), self.options.root)

    def variables(self, function: Function) -> dict[str, str]:
        """The variables that the template gives a function, with the values they have here."""
        return function_variables(function.variables, self._overlays)

    async def serve(self, server: HttpServer) -> str:
        """Starts a server that ends with all the rest; gives its host:port."""
        self._stack.push_async_callback(server.stop)
        return await server.start()

    async def _stand_in(self, name: str, application: web.Application) -> None:
        """Starts a stand-in, unless .env points at the real service."""
        self.addresses[name] = None
        if not self.configuration.starts(name):
            return
        listener = bind(self.options.bind, 0, f"{name} stand-in")
        self.addresses[name] = f"http://{await self.serve(HttpServer(application, listener))}"
        table = self.configuration.services[name].environment
        self._overlays.append(fill(table, {**self._facts, "url": self.addresses[name]}, self._secrets))

    def _database(self) -> Database | None:
        self.addresses["database"] = None
        if not self.configuration.starts("database"):
            return None
        service = self.configuration.services["database"]
        name = service.options.get("name", "devcloud")
        database = Database(self.options.data, name, self._secrets, self.options.bind)
        self._stack.push_async_callback(database.stop)
        self.addresses["database"] = asdict(database.address)
        facts = {name: str(value) for name, value in self.addresses["database"].items()}
        self._overlays.append(fill(service.environment, {**self._facts, **facts}, self._secrets))
        return database

    async def _start_aws(self) -> None:
        """Starts AWS and makes what the template describes; from then on the template has real queue addresses."""
        await self.aws.start(self.options.data, self.options.bind)
        queue_urls = await self.aws.create(self._read_template(region=self.aws.region))
        self.addresses["aws"] = self.aws.endpoint
        # Only where the template declares it: to devcloud's own processes it is given in any case.
        self._overlays.append({"AWS_ENDPOINT_URL": self.aws.endpoint})
        self.template = self._read_template(queue_urls, self.aws.region)
        await run_command(self.configuration.check, self._command_environment(), self.options.root)

    def _read_template(self, queue_urls: dict[str, str] | None = None, region: str = REGION) -> Template:
        template = read_template(self.configuration.template, queue_urls, region, self.options.parameters)
        if not self.options.built:
            return template
        interpreter = bare_interpreter(self.options.data)
        functions = {name: replace(one, interpreter=interpreter) for name, one in template.functions.items()}
        return replace(template, functions=functions)

    def _command_environment(self) -> dict[str, str]:
        variables = [self.variables(function) for function in self.template.functions.values()]
        return {
            **self.aws.environment,
            **{name: value for one in variables for name, value in one.items()},
            "PYTHONPATH": os.pathsep.join(map(str, self.template.layers)),
        }


def announce_services(services: Services, console: Console) -> None:
    """One line for each: a stand-in, or real."""
    for service in services.configuration.services.values():
        starts = services.configuration.starts(service.name)
        kind = f"stand-in (set {service.unless} in .env for the real one)" if starts else "real, from .env"
        console.say(service.name, kind)
    from_env = "AWS_ENDPOINT_URL" in services.configuration.dotenv
    console.say("aws", "from .env" if from_env else "stand-in (set AWS_ENDPOINT_URL in .env for another one)")


async def _start_if(database: Database | None) -> None:
    if database is not None:
        await database.start()


def _configuration(options: Options) -> Configuration:
    configuration = read_configuration(options.root, options.env_file)
    if not options.built:
        return configuration
    template = options.root / BUILT_TEMPLATE
    if not template.exists():
        raise StartError("Nothing is built yet; run make build ENV=default first.")
    return replace(configuration, template=template)
