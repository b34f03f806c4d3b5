"""TCP proxy to a MySQL server that adds time to each request, as a distant server would.

Run it as a process of its own: python -m bench.delay_proxy HOST PORT MILLISECONDS COMMIT_MILLISECONDS. It prints its
port. A COMMIT waits in the proxy, so the server holds the transaction's locks for that time.
"""

import asyncio
import sys
from collections import deque

COMMIT = b"\x03COMMIT"


class Server(asyncio.Protocol):
    """Connection to the server. It forwards answers at once."""

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._client.close()


class Client(asyncio.Protocol):
    """Connection of a client. It forwards each request after a delay, in order."""

    def __init__(self, address: tuple[str, int], seconds: float, commit_seconds: float) -> None:
        self._address, self._seconds, self._commit_seconds = address, seconds, commit_seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self._server: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP connection always is
        self._connecting = self._loop.create_task(self._connect(transport))

    async def _connect(self, client: asyncio.Transport) -> None:
        self._server, _ = await self._loop.create_connection(lambda: Server(client), *self._address)
        while self._waiting:
            self._send()

    def data_received(self, data: bytes) -> None:
        self._waiting.append(data)
        self._loop.call_later(self._seconds + (self._commit_seconds if COMMIT in data else 0.0), self._send)

    def _send(self) -> None:
        if self._server and self._waiting:
            self._server.write(self._waiting.popleft())

    def connection_lost(self, _error: Exception | None) -> None:
        if self._server:
            self._server.close()


async def main(host: str, port: int, seconds: float, commit_seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Client((host, port), seconds, commit_seconds), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) / 1000, float(sys.argv[4]) / 1000))
