"""Process of a function that is a web server (run.sh), with an emulation of the AWS Lambda Web Adapter.

The adapter waits until the server answers. Then it converts each invocation to an HTTP request and streams the
response. The header x-amzn-request-context carries the request context of API Gateway.
"""

import asyncio
import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from devcloud.errors import FunctionFailed
from devcloud.http_server import free_port
from devcloud.processes import clean_environment, start_child
from devcloud.runtime import INIT_LIMIT, FunctionProcess, Invocation

READINESS_INTERVAL_SECONDS = 0.02
_CONTEXT_HEADER = "x-amzn-request-context"


@dataclass
class StreamedResponse:
    """A response whose status and headers have arrived. `pieces` ends with None; `failed` marks an early end."""

    status: int
    headers: list[tuple[str, str]]
    pieces: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    failed: bool = False


class WebProcess(FunctionProcess):
    """One process of a web function, with the interface of FunctionProcess."""

    async def _run(self, environment: Mapping[str, str], on_line: Callable[[str], None]) -> None:
        self._log = on_line
        server = f"http://127.0.0.1:{free_port()}"
        # run.sh must find the same Python that the other functions use.
        path = os.pathsep.join([str(self.function.interpreter.parent), os.environ.get("PATH", os.defpath)])
        port = str(URL(server).port)
        variables = clean_environment({**environment, "PATH": path, "AWS_LWA_PORT": port})
        adapter = None
        try:
            command = [str(self.function.folder / self.function.handler)]
            self._child = await start_child(
                command, environment=variables, folder=self.function.folder, on_line=on_line
            )
            if self._killed:
                self._child.kill()
            self._timer = asyncio.get_running_loop().call_later(INIT_LIMIT, self._child.kill)
            readiness = environment.get("AWS_LWA_READINESS_CHECK_PATH", "/")
            adapter = asyncio.create_task(self._serve_invocations(server, readiness))
            self._fail_with_exit_status(await self._child.wait())
        except OSError as error:
            self._init_error = FunctionFailed(f"cannot start: {error}", "Runtime.InvalidEntrypoint")
        finally:
            if adapter is not None:
                adapter.cancel()
                await asyncio.wait([adapter])
            self._clear_invocation()
            starting, self.state = self.state == "starting", "ended"
            self.ready.set()
            self._on_exit(self, self._init_error if starting else None)

    async def _serve_invocations(self, server: str, readiness: str) -> None:
        async with aiohttp.ClientSession(server, timeout=aiohttp.ClientTimeout(total=None)) as client:
            await _wait_until_ready(client, readiness)
            while not self._killed:  # after kill(), the last request may end before the process
                self._clear_invocation()
                self.state = "idle"
                self.ready.set()
                invocation = self._invocation = await self._next_invocation(self)
                self.state = "busy"
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(self.function.timeout, self._time_out, invocation)
                await self._forward(client, invocation)

    def _time_out(self, invocation: Invocation) -> None:
        if invocation.answer.done():  # the headers were sent, so only the log can report the timeout
            self._log(f"ERROR Task timed out after {self.function.timeout:.2f} seconds")
        super()._time_out(invocation)

    async def _forward(self, client: aiohttp.ClientSession, invocation: Invocation) -> None:
        answer = None
        try:
            async with client.request(**_http_request(json.loads(invocation.event))) as response:
                headers = [(name, value) for name, value in response.headers.items()]
                answer = StreamedResponse(response.status, headers)
                invocation.settle(answer)
                async for piece in response.content.iter_any():
                    answer.pieces.put_nowait(piece)
        except aiohttp.ClientError as error:
            if answer is None:
                invocation.settle(error=FunctionFailed(str(error), "Runtime.ExitError"))
            else:
                answer.failed = True
        finally:
            if answer is not None:
                answer.pieces.put_nowait(None)


def _http_request(event: dict[str, Any]) -> dict[str, Any]:
    """Convert a proxy event to the arguments of an HTTP request, as the adapter does."""
    pairs = [(name, value) for name, values in (event["multiValueHeaders"] or {}).items() for value in values]
    given = [(name, value) for name, value in pairs if name.lower() not in (_CONTEXT_HEADER, "content-length")]
    body = event["body"] or ""
    query = urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True)
    url = quote(event["path"], safe="/%:@!$&'()*+,;=~-._") + (f"?{query}" if query else "")
    return {
        "method": event["httpMethod"],
        "url": URL(url, encoded=True),
        "headers": [*given, (_CONTEXT_HEADER, json.dumps(event["requestContext"]))],
        "data": base64.b64decode(body) if event["isBase64Encoded"] else body.encode(),
        "allow_redirects": False,
    }


async def _wait_until_ready(client: aiohttp.ClientSession, path: str) -> None:
    """Wait until the server answers with a status below 500, which is the adapter's readiness check."""
    while True:
        try:
            async with client.get(path) as response:
                if response.status < 500:
                    return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(READINESS_INTERVAL_SECONDS)
