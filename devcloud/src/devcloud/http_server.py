"""HTTP server for one handler on one address; it refuses foreign requests."""

import asyncio
import contextlib
import errno
import random
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

from devcloud.errors import StartError
from devcloud.foreign_requests import STATUS, refusal

_PROBE_SECONDS = 0.02
# The kernel closes the connections of an ended process within milliseconds; a grandchild may keep one open.
DRAIN_SECONDS = 2.0
_SERVER_PORTS = range(20_000, 32_000)
_PORT_TRIES = 100
# In bytes. aiohttp's defaults are stricter than the limits of AWS, which the handler checks.
_LARGEST_LINE = 65_536
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def bind(host: str, port: int, purpose: str) -> socket.socket:
    """Open a listening socket. Connections wait in its queue until a server starts. Raises StartError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"Port {port} is in use; choose another one for the {purpose}.") from error
        raise StartError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
    return listener


class HttpServer:
    """Server for a handler or an application, on `listener` or on a free loopback port.

    It refuses foreign requests; `navigable` allows links from other sites, `foreign_requests` allows all requests.
    """

    def __init__(
        self,
        handler: Handler | web.Application,
        listener: socket.socket | None = None,
        *,
        keeps_running: bool = False,
        navigable: bool = False,
        foreign_requests: bool = False,
    ) -> None:
        self._listener = listener
        self._own, self._port = "", 0
        self._navigable = navigable
        self._allows_foreign = foreign_requests
        # Cancel a handler when its client disconnects, unless `keeps_running`. Otherwise a fake that never
        # answers, or the poll of a killed function, would run forever.
        self._runner: web.BaseRunner
        if isinstance(handler, web.Application):
            handler.middlewares.append(self._refuse_foreign)
            self._runner = web.AppRunner(
                handler,
                access_log=None,
                handler_cancellation=True,
                shutdown_timeout=0.2,
                handle_signals=False,
            )
        else:
            self._runner = web.ServerRunner(
                web.Server(
                    self._refusing_handler(handler),
                    access_log=None,
                    handler_cancellation=not keeps_running,
                    max_line_size=_LARGEST_LINE,
                    max_field_size=_LARGEST_LINE,
                ),
                shutdown_timeout=0.2,
                handle_signals=False,
            )

    async def start(self) -> str:
        """Start to serve. Returns host:port."""
        listener = self._listener or bind("127.0.0.1", 0, "loopback server")
        self._own, self._port = listener.getsockname()[:2]
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return address_of(listener)

    async def drain(self) -> None:
        """Handle all that clients have sent. Call this after they have ended; it gives up after `DRAIN_SECONDS`."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                # Connections are accepted in their order: if this one has its response, all are open.
                reader, writer = await asyncio.open_connection(self._own, self._port)
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                await reader.read()
                writer.close()
                while self._runner.server is not None and self._runner.server.connections:
                    await asyncio.sleep(_PROBE_SECONDS)

    async def stop(self) -> None:
        await self._runner.cleanup()

    def _refusing_handler(self, handler: Handler) -> Handler:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return self._refusal(request) or await handler(request)

        return answer

    @web.middleware
    async def _refuse_foreign(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        return self._refusal(request) or await handler(request)

    def _refusal(self, request: web.BaseRequest) -> web.Response | None:
        if self._allows_foreign:
            return None
        reason = refusal(request.method, request.headers, self._own, navigable=self._navigable)
        return web.Response(status=STATUS, text=reason) if reason else None


async def wait_until_accepting(host: str, port: int) -> bool:
    """Wait until a server accepts connections at this address. Returns True."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return True
        await asyncio.sleep(_PROBE_SECONDS)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free on the address `host` now.

    The port lies below the ranges from which Linux and macOS take the ports of outgoing connections: such a
    connection could otherwise take it before the server binds it. Raises StartError if no port is free.
    """
    for port in random.sample(_SERVER_PORTS, _PORT_TRIES):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port
    raise StartError(f"No free port was found on {host}.")


def address_of(listener: socket.socket) -> str:
    """Return the host:port at which this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
