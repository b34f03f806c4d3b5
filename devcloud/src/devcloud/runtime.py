"""One process of a function, and the Lambda Runtime API that it calls.

Each process has its own listening socket, because the calls of the Runtime API do not identify their process.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import StreamReader, web

from devcloud.errors import FunctionError, FunctionFailed, FunctionTimedOut
from devcloud.http_server import HttpServer
from devcloud.intrinsics import ACCOUNT
from devcloud.processes import Child, clean_environment, start_child
from devcloud.streaming import MalformedStream, StreamedResponse, split_metadata
from devcloud.template import Function

API = "/2018-06-01/runtime"
EXTENSIONS = "/2020-01-01/extension"
# Lambda's limit in bytes for an event and for a result.
LARGEST_PAYLOAD = 6 * 1024 * 1024
RESPONSE_TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes)."
# Seconds. Lambda allows 10 for the initialisation; a laptop that starts all functions at once may need more.
INIT_LIMIT = 30
_PORTABLE_CLIENT = Path(__file__).with_name("portable")


@dataclass
class Invocation:
    """One invocation of a function. `answer` receives the result or a FunctionError."""

    event: bytes
    answer: asyncio.Future[Any]
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=lambda: f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0")

    def settle(self, result: Any = None, error: FunctionError | None = None) -> None:
        """Set the result or the error, unless one is set already."""
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)


class FunctionProcess:
    """One process of a function; `state` is starting, idle, busy or ended.

    It awaits `next_invocation` when it is ready for one. It calls `on_exit` once when it has ended; the second
    argument is the error if the process never became ready, else None.
    """

    def __init__(
        self,
        function: Function,
        next_invocation: Callable[["FunctionProcess"], Awaitable[Invocation]],
        on_exit: Callable[["FunctionProcess", FunctionError | None], None],
    ) -> None:
        self.function = function
        self.state = "starting"
        self.ready = asyncio.Event()
        self._next_invocation = next_invocation
        self._on_exit = on_exit
        self._server = HttpServer(self._handle)
        self._child: Child | None = None
        self._invocation: Invocation | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._init_error: FunctionError | None = None
        self._task: asyncio.Task[None] | None = None
        self._killed = False
        self._arn = ""
        self._log: Callable[[str], None] = print

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive

    def start(self, environment: Mapping[str, str], on_line: Callable[[str], None]) -> None:
        """Start the process in the background. `on_line` is called with each line of its output."""
        self._arn = function_arn(self.function, environment["AWS_REGION"])
        self._log = on_line
        self._task = asyncio.create_task(self._run(environment, on_line))

    def kill(self) -> None:
        """Kill the process. Its invocation, if any, fails."""
        self._killed = True
        if self._child is not None:
            self._child.kill()

    async def end(self) -> None:
        """Kill the process and wait until it has ended."""
        self.kill()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self, environment: Mapping[str, str], on_line: Callable[[str], None]) -> None:
        try:
            address = await self._server.start()
            variables = clean_environment({**self._variables(environment), "AWS_LAMBDA_RUNTIME_API": address})
            self._child = await start_child(
                self._command(), environment=variables, folder=self.function.folder, on_line=on_line
            )
            if self._killed:
                self._child.kill()
            self._timer = asyncio.get_running_loop().call_later(INIT_LIMIT, self._child.kill)
            code = await self._child.wait()
            await self._server.drain()  # a response that was sent before the exit counts
            self._fail_with_exit_status(code)
        except OSError as error:
            self._init_error = FunctionFailed(f"cannot start: {error}", "Runtime.InvalidEntrypoint")
        finally:
            self._clear_invocation()
            starting, self.state = self.state == "starting", "ended"
            self.ready.set()
            await self._server.stop()
            self._on_exit(self, self._init_error if starting else None)

    def _command(self) -> list[str]:
        return runtime_command(self.function)

    def _variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        return dict(environment)

    def _fail_with_exit_status(self, code: int) -> None:
        ending = f"signal {-code}" if code < 0 else f"exit status {code}"
        error = FunctionFailed(f"Runtime exited with error: {ending}", "Runtime.ExitError")
        self._fail(error)
        self._init_error = self._init_error or error

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(EXTENSIONS):
            return await _answer_extension(request.path)
        method, _, path = f"{request.method} {request.path}".partition(f" {API}")
        if (method, path) == ("GET", "/invocation/next"):
            return await self._send_next()
        if (method, path) == ("POST", "/init/error"):
            self._init_error = _parse_error(await request.content.read(), "Runtime.InitError")
            return web.json_response({"status": "OK"}, status=202)
        invocation = self._invocation
        if method != "POST" or invocation is None or not path.startswith(f"/invocation/{invocation.request_id}/"):
            return web.json_response({"errorType": "InvalidRequestID"}, status=400)
        if request.headers.get("Lambda-Runtime-Function-Response-Mode") == "streaming":
            await self._receive_stream(invocation, request.content)
            return web.json_response({"status": "OK"}, status=202)
        body = await request.content.read()
        if path.endswith("/response"):
            self._respond(invocation, body)
        else:
            self._fail(_parse_error(body, "Runtime.UnknownReason"))
        return web.json_response({"status": "OK"}, status=202)

    async def _send_next(self) -> web.Response:
        self._clear_invocation()
        self.state = "idle"
        self.ready.set()
        invocation = self._invocation = await self._next_invocation(self)
        self.state = "busy"
        self._timer = asyncio.get_running_loop().call_later(self.function.timeout, self._time_out, invocation)
        deadline = int((time.time() + self.function.timeout) * 1000)
        return web.Response(
            body=invocation.event,
            content_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": self._arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def _respond(self, invocation: Invocation, body: bytes) -> None:
        if len(body) > LARGEST_PAYLOAD:
            self._fail(FunctionFailed(RESPONSE_TOO_LARGE, "Function.ResponseSizeTooLarge"))
            return
        self._clear_invocation()
        invocation.settle(json.loads(body) if body else None)

    async def _receive_stream(self, invocation: Invocation, content: StreamReader) -> None:
        """Receive a streamed response. The invocation has its answer as soon as the metadata has arrived."""
        answer: StreamedResponse | None = None
        begin, complete = b"", False
        try:
            async for piece in content.iter_any():
                if answer is not None:
                    answer.pieces.put_nowait(piece)
                elif found := split_metadata(begin := begin + piece):
                    answer, rest = found
                    invocation.settle(answer)
                    if rest:
                        answer.pieces.put_nowait(rest)
            if answer is None:
                raise MalformedStream("A streamed response ended before its metadata.")
            complete = True
            self._clear_invocation()
        except MalformedStream as error:
            invocation.settle(error=FunctionFailed(str(error), "Runtime.MalformedStream"))
        finally:  # a function that dies breaks its connection, which cancels this handler
            if answer is not None:
                answer.failed = not complete
                answer.pieces.put_nowait(None)

    def _fail(self, error: FunctionError) -> None:
        invocation = self._invocation
        self._clear_invocation()
        if invocation is not None:
            invocation.settle(error=error)

    def _time_out(self, invocation: Invocation) -> None:
        seconds = self.function.timeout
        error = FunctionTimedOut(f"Task timed out after {seconds:.2f} seconds", "Sandbox.Timedout")
        if invocation.answer.done():  # the metadata of a stream was sent, so only the log can report the timeout
            self._log(f"ERROR {error}")
        invocation.settle(error=error)
        self.kill()

    def _clear_invocation(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._invocation = self._timer = None


async def _answer_extension(path: str) -> web.Response:
    """Answer an extension's request. It gets no event: it ends with the function's process."""
    if path == f"{EXTENSIONS}/register":
        return web.json_response({}, headers={"Lambda-Extension-Identifier": str(uuid.uuid4())})
    never: asyncio.Future[web.Response] = asyncio.get_running_loop().create_future()
    return await never


def runtime_command(function: Function) -> list[str]:
    """Return the command that starts a process of this function with AWS's runtime interface client."""
    return [str(function.interpreter), "-m", "awslambdaric", function.handler]


def runtime_variables(function: Function, region: str) -> dict[str, str]:
    """Return the environment variables that Lambda sets itself."""
    import_roots = [function.folder, *function.layers]
    if sys.platform != "linux":  # awslambdaric has its compiled part only there
        import_roots.append(_PORTABLE_CLIENT)
    return {
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, import_roots)),
        "LAMBDA_TASK_ROOT": str(function.folder),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"devcloud/{uuid.uuid4().hex}",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "_HANDLER": function.handler,
    }


def function_arn(function: Function, region: str) -> str:
    """Return the function's Amazon Resource Name."""
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function.name}"


def _parse_error(body: bytes, error_type: str) -> FunctionFailed:
    """Parse the error that a runtime client posted. `error_type` is the default type."""
    try:
        report = json.loads(body)
    except json.JSONDecodeError:
        report = {}
    message = str(report.get("errorMessage", "unknown error"))
    return FunctionFailed(message, str(report.get("errorType", error_type)), report.get("stackTrace") or [])
