"""Process of a function that is a web server (run.sh), behind the AWS Lambda Web Adapter.

The adapter waits until the server answers. Then it converts each invocation to an HTTP request, and the response to
the result of the invocation: whole, or streamed if AWS_LWA_INVOKE_MODE is response_stream. WebProcess emulates its
version 1.0; AdapterProcess runs a build of it.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from devcloud.errors import FunctionFailed
from devcloud.http_server import free_port
from devcloud.processes import clean_environment, start_child
from devcloud.runtime import INIT_LIMIT, FunctionProcess, Invocation
from devcloud.streaming import StreamedResponse
from devcloud.template import Function

READINESS_INTERVAL_SECONDS = 0.02
_CONTEXT_HEADERS = ("x-amzn-request-context", "x-amzn-lambda-context")
# The types of content that the adapter returns as text; it encodes all others as base64.
_TEXT_PREFIXES = ("text", "application/json", "application/javascript", "application/xml",
                  "application/yaml")  # fmt: skip
_TEXT_SUFFIXES = ("+xml", "+yaml", "+json")
# The adapter writes this after the last piece of a server that broke off, and then ends the response normally.
_BROKEN_STREAM = (
    b"Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n"
    b"Lambda-Runtime-Function-Error-Body: ZXJyb3IgcmVhZGluZyBhIGJvZHkgZnJvbSBjb25uZWN0aW9u\r\n"
)
# Starts the adapter beside the server. The server ends with the adapter, as Lambda ends an instance.
_BESIDE = '{ "$1"; kill -KILL $$; } & exec "$2"'


def web_variables(function: Function, environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` with a free port for the server, and with the Python that the other functions use."""
    path = os.pathsep.join([str(function.interpreter.parent), os.environ.get("PATH", os.defpath)])
    return {**environment, "PATH": path, "AWS_LWA_PORT": str(free_port())}


class AdapterProcess(FunctionProcess):
    """One process of a web function with the adapter `function.adapter` beside it, which calls the Runtime API."""

    def _command(self) -> list[str]:
        script = self.function.folder / self.function.handler
        return ["sh", "-c", _BESIDE, "sh", str(self.function.adapter), str(script)]

    def _variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        return web_variables(self.function, environment)


class WebProcess(FunctionProcess):
    """One process of a web function, with the interface of FunctionProcess."""

    async def _run(self, environment: Mapping[str, str], on_line: Callable[[str], None]) -> None:
        variables = clean_environment(web_variables(self.function, environment))
        adapter = None
        try:
            command = [str(self.function.folder / self.function.handler)]
            self._child = await start_child(
                command, environment=variables, folder=self.function.folder, on_line=on_line
            )
            if self._killed:
                self._child.kill()
            self._timer = asyncio.get_running_loop().call_later(INIT_LIMIT, self._child.kill)
            adapter = asyncio.create_task(self._serve_invocations(variables))
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

    async def _serve_invocations(self, variables: Mapping[str, str]) -> None:
        server = f"http://127.0.0.1:{variables['AWS_LWA_PORT']}"
        streams = variables.get("AWS_LWA_INVOKE_MODE") == "response_stream"
        async with aiohttp.ClientSession(server, timeout=aiohttp.ClientTimeout(total=None)) as client:
            await _wait_until_ready(client, variables.get("AWS_LWA_READINESS_CHECK_PATH", "/"))
            while not self._killed:  # after kill(), the last request may end before the process does
                self._clear_invocation()
                self.state = "idle"
                self.ready.set()
                invocation = self._invocation = await self._next_invocation(self)
                self.state = "busy"
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(self.function.timeout, self._time_out, invocation)
                await self._forward(client, invocation, self._context(invocation, variables), streams=streams)

    def _context(self, invocation: Invocation, variables: Mapping[str, str]) -> dict[str, Any]:
        """Return the context that the adapter sends in a header of its own."""
        return {
            "request_id": invocation.request_id,
            "deadline": int((time.time() + self.function.timeout) * 1000),
            "invoked_function_arn": self._arn,
            "xray_trace_id": invocation.trace_id,
            "client_context": None,
            "identity": None,
            "tenant_id": None,
            "env_config": {
                "function_name": variables["AWS_LAMBDA_FUNCTION_NAME"],
                "memory": int(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
                "version": variables["AWS_LAMBDA_FUNCTION_VERSION"],
                "log_stream": variables["AWS_LAMBDA_LOG_STREAM_NAME"],
                "log_group": variables["AWS_LAMBDA_LOG_GROUP_NAME"],
            },
        }

    async def _forward(
        self, client: aiohttp.ClientSession, invocation: Invocation, context: dict[str, Any], *, streams: bool
    ) -> None:
        answer = None
        event = json.loads(invocation.event)
        is_http = isinstance(event, dict) and "httpMethod" in event
        try:
            async with client.request(**(_http_request if is_http else _event_request)(event, context)) as response:
                if not streams:
                    result = await (_proxy_result if is_http else _event_result)(response)
                    self._respond(invocation, json.dumps(result).encode())
                    return
                headers = [(name, value) for name, value in response.headers.items()]
                answer = StreamedResponse(response.status, headers)
                invocation.settle(answer)
                async for piece in response.content.iter_any():
                    answer.pieces.put_nowait(piece)
        except aiohttp.ClientError as error:
            if answer is None:
                invocation.settle(error=FunctionFailed(str(error), "Runtime.ExitError"))
            else:
                answer.pieces.put_nowait(_BROKEN_STREAM)
        except asyncio.CancelledError:
            if answer is not None:
                answer.failed = True
            raise
        finally:
            if answer is not None:
                answer.pieces.put_nowait(None)


def _http_request(event: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Convert a proxy event to the arguments of an HTTP request, as the adapter does."""
    own = (*_CONTEXT_HEADERS, "content-length", "x-amzn-trace-id")
    # If a header occurs several times, the adapter sends only the last value. The event has it under `headers`.
    given = [(name, value) for name, value in (event["headers"] or {}).items() if name.lower() not in own]
    body = event["body"] or ""
    query = urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True)
    url = quote(event["path"], safe="/%:@!$&'()*+,;=~-._") + (f"?{query}" if query else "")
    return {
        "method": event["httpMethod"],
        "url": URL(url, encoded=True),
        "headers": [*given, *_context_headers(event["requestContext"], context)],
        "data": base64.b64decode(body) if event["isBase64Encoded"] else body.encode(),
        "allow_redirects": False,
        "skip_auto_headers": ["Content-Type", "User-Agent", "Accept", "Accept-Encoding"],
    }


def _event_request(event: Any, context: dict[str, Any]) -> dict[str, Any]:
    """Convert any other event to the arguments of an HTTP request, as the adapter does."""
    headers = [("Content-Type", "application/json"), *_context_headers(None, context)]
    return {"method": "POST", "url": URL("/events"), "headers": headers, "data": json.dumps(event).encode()}


def _context_headers(request: Any, function: dict[str, Any]) -> list[tuple[str, str]]:
    contexts = zip(_CONTEXT_HEADERS, (request, function), strict=True)
    return [("x-amzn-trace-id", function["xray_trace_id"]), *((name, json.dumps(value)) for name, value in contexts)]


async def _event_result(response: aiohttp.ClientResponse) -> Any:
    try:
        return json.loads(await response.read())
    except ValueError:
        return None


async def _proxy_result(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """Convert an HTTP response to a function's whole result, as the adapter does."""
    body = await response.read()
    headers = {
        name: response.headers.getall(name) for name in response.headers if name.lower() != "transfer-encoding"
    }
    kind = response.headers.get("Content-Type", "text").strip()
    is_text = kind.startswith(_TEXT_PREFIXES) or kind.partition(";")[0].endswith(_TEXT_SUFFIXES)
    if "Content-Encoding" in response.headers:
        is_text = False
    return {
        "statusCode": response.status,
        "multiValueHeaders": headers,
        "body": body.decode(response.get_encoding(), "replace") if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
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
