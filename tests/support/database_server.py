"""A MariaDB server without a cloud, as devcloud starts it."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from devcloud.database import Database
from devcloud.secret_store import SecretStore
from tests.support.waiting import HANG_SECONDS


class DatabaseServer:
    """MariaDB server with its data in `data`. It can be stopped and started again on the same address."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._server = Database(data, "falaai_db", SecretStore(data / "secrets.json"))
        self.address = self._server.address
        self.start()

    def start(self) -> None:
        self._wait(self._server.start())

    def stop(self) -> None:
        self._wait(self._server.stop())

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(HANG_SECONDS)
