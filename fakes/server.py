"""Run one fake as a program that devcloud starts."""

import asyncio
import signal

from aiohttp import web

from devcloud.http_server import HttpServer, bind


def run(application: web.Application, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Requests from foreign hosts and sites are refused."""
    asyncio.run(_serve(application, host, port))


async def _serve(application: web.Application, host: str, port: int) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = HttpServer(application, bind(host, port, "fake"))
    await server.start()
    await stopped.wait()
    await server.stop()
