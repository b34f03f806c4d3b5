"""The services without functions and gateway, for use with `sam local`."""

import json
from contextlib import AsyncExitStack

from devcloud.console import Console
from devcloud.data_dir import lock_data_dir
from devcloud.secret_store import write_private_file
from devcloud.services import LocalServices, Options, announce_services


class ServicesOnly:
    """Services as a context manager. It writes <data>/sam.json, the file for `sam local --env-vars`."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._stack = AsyncExitStack()
        self._services = LocalServices(options, self._stack, console)

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
        self._stack.enter_context(lock_data_dir(options.data))
        await services.start(f"http://{options.host}:{options.port}")
        migrated = await services.migrate()
        functions = services.template.functions.items()
        path = options.data / "sam.json"
        write_private_file(path, json.dumps({name: services.variables(one) for name, one in functions}, indent=1))
        self._stack.callback(path.unlink, missing_ok=True)
        announce_services(services, self._console)
        self._console.log("migrate", migrated[-1] if migrated else "nothing to do")
        self._console.log("sam", f"--env-vars {path}")
