"""The whole local cloud: start its parts in order, and stop them in reverse order."""

import asyncio
import json

from aiohttp import web

from devcloud.concurrency import BackgroundTasks, gather
from devcloud.console import Console
from devcloud.function_pool import FunctionPool
from devcloud.gateway import Gateway
from devcloud.http_server import HttpServer, address_of, bind
from devcloud.lambda_api import LambdaApi
from devcloud.proxy_event import ApiStage
from devcloud.reload import reload_on_change
from devcloud.runtime import runtime_variables
from devcloud.schedules import run_schedule
from devcloud.secret_store import write_private_file
from devcloud.services import Options, RunningServices, announce_services
from devcloud.triggers import QueuePoller

# At its start, devcloud waits for slow functions for at most this time.
_WARM_SECONDS = 5


class Cloud(RunningServices):
    """Local cloud as a context manager: it runs inside `async with Cloud(options, console)`."""

    def __init__(self, options: Options, console: Console) -> None:
        super().__init__(options, console)
        self._addresses = self._services.addresses
        self._background = BackgroundTasks(console)
        self._pools: dict[str, FunctionPool] = {}

    async def _start(self) -> None:
        options, stack, services = self._options, self._stack, self._services
        gateway_socket = bind(options.host, options.port, "gateway with --port")
        stack.callback(gateway_socket.close)
        lambda_socket = bind(options.host, options.lambda_port, "Lambda API with --lambda-port")
        stack.callback(lambda_socket.close)
        prefix = f"/{options.stage}" if options.stage else ""
        self._addresses["gateway"] = f"http://{address_of(gateway_socket)}{prefix}"
        self._addresses["lambda"] = f"http://{address_of(lambda_socket)}"
        await services.start(self._addresses["gateway"])
        template = services.template
        self._create_pools()
        migrated, _ = await gather(
            services.migrate(), self._warm(sorted({route.function for route in template.routes}))
        )
        stage = ApiStage(
            address_of(gateway_socket), options.stage or template.stage, prefix, template.binary_media_types
        )
        gateway = Gateway(template, self._pools, stage, self._console)
        await services.serve(
            HttpServer(
                gateway.handle,
                gateway_socket,
                keeps_running=True,
                navigable=True,
                foreign_requests=options.foreign_requests,
            )
        )
        invoke_api = web.Application(client_max_size=10 * 1024 * 1024)
        invoke_api.add_routes(LambdaApi(self._pools, services.permissions).routes())
        await services.serve(HttpServer(invoke_api, lambda_socket))
        self._announce(migrated)
        self._run_in_background()

    def _create_pools(self) -> None:
        aws = self._services.aws
        for function in self._services.template.functions.values():
            environment = {
                **runtime_variables(function, aws.region),
                **aws.environment,
                **self._services.credentials(function),
                "AWS_ENDPOINT_URL_LAMBDA": self._addresses["lambda"],
                **self._services.variables(function),
            }
            pool = FunctionPool(function, environment, self._console.function_log(function.logical_id))
            self._pools[function.logical_id] = pool
            self._stack.push_async_callback(pool.stop)

    async def _warm(self, functions: list[str]) -> None:
        starting = [asyncio.create_task(self._pools[name].warm()) for name in functions]
        if starting:
            await asyncio.wait(starting, timeout=_WARM_SECONDS)

    def _announce(self, migrated: list[str]) -> None:
        path = self._options.data / "addresses.json"
        write_private_file(path, json.dumps(self._addresses, indent=1))
        self._stack.callback(path.unlink, missing_ok=True)
        for name in ("gateway", "lambda"):
            self._console.log(name, self._addresses[name])
        announce_services(self._services, self._console)
        for line in migrated:
            self._console.log("migrate", line)

    def _run_in_background(self) -> None:
        self._stack.push_async_callback(self._background.stop)
        start = self._background.start
        template, aws = self._services.template, self._services.aws
        for trigger in template.queue_triggers:
            queue_url, pool = template.queue_urls[trigger.queue], self._pools[trigger.function]
            # As on AWS, Lambda polls with the permissions of the function.
            sqs = aws.client("sqs", self._services.credentials(pool.function))
            start(trigger.queue, QueuePoller(trigger, queue_url, aws.region, sqs, pool, self._console).run())
        for schedule in template.schedules:
            start(schedule.name, run_schedule(schedule, self._pools[schedule.function], aws.region))
        database = self._services.database
        children = {one.name: one.child for one in self._services.processes}
        for name, child in {**children, "database": database.child if database else None, "aws": aws.child}.items():
            if child is not None:
                start(name, self._background.log_exit(name, child))
        if self._options.reload:
            settings = [
                self._services.configuration.template,
                self._options.root / "pyproject.toml",
                self._options.env_file,
            ]
            start("reload", reload_on_change(self._pools, settings, self._console))
        start("warming", self._warm_one_by_one())

    async def _warm_one_by_one(self) -> None:
        for pool in self._pools.values():
            await pool.warm()
