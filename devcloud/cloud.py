"""Puts the cloud together: starts everything in the right order, and ends everything that was started."""

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from devcloud.aws import Aws
from devcloud.commands import run_command
from devcloud.configuration import fill, function_variables, read_configuration
from devcloud.console import Console
from devcloud.data_folder import claim
from devcloud.database import Database
from devcloud.function_pool import FunctionPool
from devcloud.gateway import Gateway
from devcloud.gemini import GeminiStandIn
from devcloud.http_server import HttpServer, address_of, bind
from devcloud.inbox import Inbox
from devcloud.lambda_api import LambdaApi
from devcloud.proxy_event import Place
from devcloud.reload import reload_on_change
from devcloud.runtime import runtime_variables
from devcloud.schedules import occurrences, run_schedule
from devcloud.secret_store import SecretStore, write_privately
from devcloud.sendgrid import SendgridStandIn
from devcloud.tasks import Background, together
from devcloud.template import Function, Template, read_template
from devcloud.triggers import QueuePoller

# Readiness does not wait longer than this for functions that are slow to initialise.
_WARM_SECONDS = 5


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


class Cloud:
    """`async with Cloud(options, console)` is a running cloud; leaving it ends everything."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._stack = AsyncExitStack()
        self._background = Background(console)
        self._addresses: dict[str, Any] = {}
        self._overlays: list[dict[str, str]] = []
        self._pools: dict[str, FunctionPool] = {}

    async def __aenter__(self) -> "Cloud":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        options, stack = self._options, self._stack
        self._configuration = configuration = read_configuration(options.root, options.env_file)
        template = read_template(configuration.template)
        for schedule in template.schedules:
            occurrences(schedule, datetime.now(UTC))  # tells now what it cannot read, not at night
        stack.enter_context(claim(options.data))
        gateway_socket = bind(options.host, options.port, "gateway with --port")
        stack.callback(gateway_socket.close)
        inbox_socket = bind(options.host, options.inbox_port, "inbox with --inbox-port")
        stack.callback(inbox_socket.close)
        prefix = f"/{options.stage}" if options.stage else ""
        self._addresses["gateway"] = f"http://{address_of(gateway_socket)}{prefix}"
        self._addresses["inbox"] = f"http://{address_of(inbox_socket)}"

        self._secrets = SecretStore(options.data / "secrets.json")
        self._facts = {"gateway": self._addresses["gateway"], "python": sys.executable}
        self._overlays.append(fill(configuration.environment, self._facts, self._secrets))
        inbox = Inbox(options.data / "inbox.json")
        await self._stand_in("gemini", GeminiStandIn().application())
        await self._stand_in("sendgrid", SendgridStandIn(inbox).application())
        database = self._database()
        self._overlays.append(configuration.dotenv)

        aws = Aws(configuration.dotenv)
        stack.push_async_callback(aws.stop)
        _, template = await together(_start_if(database), self._start_aws(aws))
        self._addresses["aws"] = aws.endpoint
        self._make_pools(template, aws)
        migrated, _ = await together(
            run_command(configuration.migrate, self._command_environment(template, aws), options.root),
            self._warm(sorted({route.function for route in template.routes})),
        )

        place = Place(
            address_of(gateway_socket), options.stage or template.stage, prefix, template.binary_media_types
        )
        gateway = Gateway(template, self._pools, place, self._console)
        await self._serve(HttpServer(gateway.handle, gateway_socket, keeps_running=True))
        operator = web.Application(client_max_size=10 * 1024 * 1024)
        operator.add_routes([*inbox.routes(), *LambdaApi(self._pools).routes()])
        await self._serve(HttpServer(operator, inbox_socket))
        self._announce(migrated)
        self._run_in_background(template, aws, database)

    async def _stand_in(self, name: str, application: web.Application) -> None:
        """Starts a stand-in, unless .env points at the real service."""
        self._addresses[name] = None
        if not self._configuration.starts(name):
            return
        self._addresses[name] = f"http://{await self._serve(HttpServer(application))}"
        table = self._configuration.services[name].environment
        self._overlays.append(fill(table, {**self._facts, "url": self._addresses[name]}, self._secrets))

    def _database(self) -> Database | None:
        self._addresses["database"] = None
        if not self._configuration.starts("database"):
            return None
        service = self._configuration.services["database"]
        database = Database(self._options.data, service.options.get("name", "devcloud"), self._secrets)
        self._stack.push_async_callback(database.stop)
        self._addresses["database"] = asdict(database.address)
        facts = {name: str(value) for name, value in self._addresses["database"].items()}
        self._overlays.append(fill(service.environment, {**self._facts, **facts}, self._secrets))
        return database

    async def _start_aws(self, aws: Aws) -> Template:
        """Starts AWS and makes what the template describes; gives the template with real queue addresses."""
        await aws.start(self._options.data)
        queue_urls = await aws.create(read_template(self._configuration.template, region=aws.region))
        template = read_template(self._configuration.template, queue_urls, aws.region)
        environment = self._command_environment(template, aws)
        await run_command(self._configuration.check, environment, self._options.root)
        return template

    def _command_environment(self, template: Template, aws: Aws) -> dict[str, str]:
        variables = [self._variables(function) for function in template.functions.values()]
        return {
            **aws.environment,
            **{name: value for one in variables for name, value in one.items()},
            "PYTHONPATH": os.pathsep.join(map(str, template.layers)),
        }

    def _variables(self, function: Function) -> dict[str, str]:
        return function_variables(function.variables, self._overlays)

    def _make_pools(self, template: Template, aws: Aws) -> None:
        for function in template.functions.values():
            environment = {
                **runtime_variables(function, aws.region),
                **aws.environment,
                "AWS_ENDPOINT_URL_LAMBDA": self._addresses["inbox"],
                **self._variables(function),
            }
            pool = FunctionPool(function, environment, self._console.function_log(function.logical_id))
            self._pools[function.logical_id] = pool
            self._stack.push_async_callback(pool.stop)

    async def _warm(self, functions: list[str]) -> None:
        starting = [asyncio.create_task(self._pools[name].warm()) for name in functions]
        if starting:
            await asyncio.wait(starting, timeout=_WARM_SECONDS)

    async def _serve(self, server: HttpServer) -> str:
        self._stack.push_async_callback(server.stop)
        return await server.start()

    def _announce(self, migrated: list[str]) -> None:
        path = self._options.data / "addresses.json"
        write_privately(path, json.dumps(self._addresses, indent=1))
        self._stack.callback(path.unlink, missing_ok=True)
        for name in ("gateway", "inbox"):
            self._console.say(name, self._addresses[name])
        for service in self._configuration.services.values():
            starts = self._configuration.starts(service.name)
            kind = f"stand-in (set {service.unless} in .env for the real one)" if starts else "real, from .env"
            self._console.say(service.name, kind)
        from_env = "AWS_ENDPOINT_URL" in self._configuration.dotenv
        kind = "from .env" if from_env else "stand-in (set AWS_ENDPOINT_URL in .env for another one)"
        self._console.say("aws", kind)
        for line in migrated:
            self._console.say("migrate", line)

    def _run_in_background(self, template: Template, aws: Aws, database: Database | None) -> None:
        self._stack.push_async_callback(self._background.stop)
        start = self._background.start
        sqs = aws.client("sqs")
        for trigger in template.queue_triggers:
            queue_url, pool = template.queue_urls[trigger.queue], self._pools[trigger.function]
            start(trigger.queue, QueuePoller(trigger, queue_url, aws.region, sqs, pool, self._console).run())
        for schedule in template.schedules:
            start(schedule.name, run_schedule(schedule, self._pools[schedule.function], aws.region))
        for name, child in (("database", database.child if database else None), ("aws", aws.child)):
            if child is not None:
                start(name, self._background.report_end(name, child))
        if self._options.reload:
            settings = [
                self._configuration.template,
                self._options.root / "pyproject.toml",
                self._options.env_file,
            ]
            start("reload", reload_on_change(self._pools, settings, self._console))
        start("warming", self._warm_one_by_one())

    async def _warm_one_by_one(self) -> None:
        for pool in self._pools.values():
            await pool.warm()


async def _start_if(database: Database | None) -> None:
    if database is not None:
        await database.start()
