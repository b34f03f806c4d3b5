"""The services without functions and gateway: what `sam local` needs beside it."""

import json
from contextlib import AsyncExitStack

from aiohttp import web

from devcloud.console import Console
from devcloud.data_folder import claim
from devcloud.http_server import HttpServer, address_of, bind
from devcloud.secret_store import write_privately
from devcloud.services import Options, Services, announce_services


class ServicesOnly:
    """`async with` runs them; `sam local` is told of them in <data>/sam.json, a file for its --env-vars."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._stack = AsyncExitStack()
        self._services = Services(options, self._stack)

    async def __aenter__(self) -> "ServicesOnly":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        options, services = self._options, self._services
        self._stack.enter_context(claim(options.data))
        inbox_socket = bind(options.host, options.inbox_port, "inbox with --inbox-port")
        self._stack.callback(inbox_socket.close)
        await services.start(f"http://{options.host}:{options.port}")
        migrated = await services.migrate()
        operator = web.Application()
        operator.add_routes(services.inbox.routes())
        await services.serve(HttpServer(operator, inbox_socket))
        functions = services.template.functions.items()
        path = options.data / "sam.json"
        write_privately(path, json.dumps({name: services.variables(one) for name, one in functions}, indent=1))
        self._stack.callback(path.unlink, missing_ok=True)
        self._console.say("inbox", f"http://{address_of(inbox_socket)}")
        announce_services(services, self._console)
        self._console.say("migrate", migrated[-1] if migrated else "nothing to do")
        self._console.say("sam", f"--env-vars {path}")
