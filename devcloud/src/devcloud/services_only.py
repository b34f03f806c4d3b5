"""The services without functions and gateway, for use with `sam local`."""

import json

from devcloud.secret_store import write_private_file
from devcloud.services import RunningServices, announce_services


class ServicesOnly(RunningServices):
    """Services as a context manager. It writes <data>/sam.json, the file for `sam local --env-vars`."""

    async def _start(self) -> None:
        options, services = self._options, self._services
        await services.start(f"http://{options.host}:{options.port}")
        migrated = await services.migrate()
        functions = services.template.functions.items()
        path = options.data / "sam.json"
        write_private_file(path, json.dumps({name: services.variables(one) for name, one in functions}, indent=1))
        self._stack.callback(path.unlink, missing_ok=True)
        announce_services(services, self._console)
        self._console.log("migrate", migrated[-1] if migrated else "nothing to do")
        self._console.log("sam", f"--env-vars {path}")
