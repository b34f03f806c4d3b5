"""A database server without a cloud, as devcloud starts it: MariaDB, or TiDB with DB=tidb in the environment."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from devcloud.databases import DATABASES
from devcloud.secret_store import SecretStore
from tests.support.waiting import HANG_SECONDS

# The server that all tests use; a name of devcloud's option --database.
DATABASE = os.environ.get("DB") or "mariadb"


class DatabaseServer:
    """Database server with its data in `data`. It can be stopped and started again on the same address."""

    def __init__(self, data: Path, database: str = DATABASE) -> None:
        data.mkdir(parents=True)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._server = DATABASES[database](data, "falaai_db", SecretStore(data / "secrets.json"))
        self.address = self._server.address
        self.start()

    def start(self) -> None:
        self._wait(self._server.start())

    def stop(self) -> None:
        self._wait(self._server.stop())

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(HANG_SECONDS)
