"""TCP proxy between a function and a dependency. Tests make it fail."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.waiting import HANG_SECONDS

STALL, DRIP, CUT, SWALLOW, LOSE, PASS = "stall", "drip", "cut", "swallow", "lose", "pass"
DRIP_SECONDS = 0.2


@dataclass
class FaultProxy:
    """Proxy that forwards bytes, or fails as one of its methods sets. `swallowed` counts the suppressed answers."""

    host: str
    port: int
    address: tuple[str, int] = ("", 0)
    swallowed: int = 0
    connections: int = 0
    _mode: str = PASS
    _cut_after: int = 0
    _is_wanted: Callable[[bytes], bool] = lambda _request: False
    _refuses: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def passing(self) -> None:
        self._mode, self._refuses = PASS, False

    def stalling(self) -> None:
        """Accept connections and requests, but send no answers."""
        self._mode = STALL

    def dripping(self) -> None:
        """Send answers one byte at a time, so that no single read times out."""
        self._mode = DRIP

    def cutting(self, after: int) -> None:
        """Reset each connection after this many bytes of answers."""
        self._mode, self._cut_after = CUT, after

    def swallowing(self, is_wanted: Callable[[bytes], bool]) -> None:
        """Forward requests for which `is_wanted` is true, but reset the connection instead of sending the answer."""
        self._mode, self._is_wanted = SWALLOW, is_wanted

    def losing_one(self, is_wanted: Callable[[bytes], bool]) -> None:
        """Reset the connection of the next request for which `is_wanted` is true, without forwarding the request."""
        self._mode, self._is_wanted = LOSE, is_wanted

    def dropping(self) -> None:
        """Reset all connections, existing and new ones."""
        self._refuses = True
        self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.address = server.sockets[0].getsockname()
        ready.set()
        await self._stopped.wait()
        self._refuses = True
        for listening in server.sockets:  # close() would lose a connection that is being accepted, and not close it
            self._loop.remove_reader(listening)
        while connections := asyncio.all_tasks() - {asyncio.current_task()}:
            self._abort_all()
            await asyncio.wait(connections)
        server.close()

    @contextlib.contextmanager
    def _open(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Let `dropping` reset this connection, and close it at the end."""
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.remove(writer)
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with self._open(writer):
            if self._refuses:
                return
            try:
                there_reader, there_writer = await asyncio.open_connection(self.host, self.port)
            except ConnectionRefusedError:  # the server is restarting: the client sees its connection end
                return
            swallow = asyncio.Event()
            with self._open(there_writer):
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._forth(reader, there_writer, swallow))
                        group.create_task(self._back(there_reader, writer, swallow))
                except* ConnectionError:
                    self.swallowed += swallow.is_set()

    async def _forth(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event
    ) -> None:
        while request := await reader.read(65536):
            if self._mode == SWALLOW and self._is_wanted(request):
                swallow.set()
            if self._mode == LOSE and self._is_wanted(request):
                self._mode = PASS
                raise ConnectionAbortedError
            writer.write(request)
            await writer.drain()
        raise ConnectionAbortedError

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, swallow: asyncio.Event) -> None:
        sent = 0
        while answer := await reader.read(65536):
            if swallow.is_set():
                raise ConnectionAbortedError
            if self._mode == CUT and sent + len(answer) > self._cut_after:
                writer.write(answer[: max(0, self._cut_after - sent)])
                await writer.drain()
                raise ConnectionAbortedError
            await self._send(writer, answer)
            sent += len(answer)
        raise ConnectionAbortedError

    async def _send(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        for number in range(len(answer)):
            while self._mode == STALL:
                await asyncio.sleep(DRIP_SECONDS)
            if self._mode != DRIP:
                writer.write(answer[number:])
                break
            writer.write(answer[number : number + 1])
            await asyncio.sleep(DRIP_SECONDS)
        await writer.drain()


@contextlib.contextmanager
def fault_proxy(host: str, port: int) -> Iterator[FaultProxy]:
    """Run a proxy to this server in a thread."""
    proxy, ready = FaultProxy(host, port), threading.Event()
    loop = proxy._loop

    def run() -> None:
        loop.run_until_complete(proxy._serve(ready))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(HANG_SECONDS)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(proxy._stopped.set)
        thread.join(HANG_SECONDS)
        assert not thread.is_alive()
