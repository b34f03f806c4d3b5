"""Process pool of one function: reuse idle processes, add one when all are busy, replace those that die."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from devcloud.errors import FunctionError, FunctionFailed
from devcloud.runtime import LARGEST_PAYLOAD, FunctionProcess, Invocation
from devcloud.template import Function
from devcloud.web_process import AdapterProcess, WebProcess

DEFAULT_CONCURRENCY = 8
TOO_LARGE = "RequestEntityTooLargeException"


class FunctionPool:
    """Process pool of one function. `environment` holds the variables of its processes."""

    def __init__(self, function: Function, environment: Mapping[str, str], log: Callable[[str], None]) -> None:
        self.function = function
        self._environment = dict(environment)
        self._own_variables = set(function.variables) & set(environment)
        self._log = log
        reserved = function.reserved_concurrency
        # Fewer processes than the concurrency reserved on AWS: one machine has no memory for so many.
        self._limit = DEFAULT_CONCURRENCY if reserved is None else min(reserved, DEFAULT_CONCURRENCY)
        self._processes: list[FunctionProcess] = []
        self._retired: set[FunctionProcess] = set()
        # Used as a stack: the process that was used last is used next, so that surplus processes stay idle.
        self._idle: list[tuple[FunctionProcess, asyncio.Future[Invocation]]] = []
        self._pending: deque[Invocation] = deque()
        self._last_init_error = ""
        self._stopping = False

    @property
    def processes(self) -> list[FunctionProcess]:
        return list(self._processes)

    @property
    def variables(self) -> dict[str, str]:
        """Variables of the function itself, without those that Lambda sets."""
        return {name: self._environment[name] for name in self._own_variables}

    def set_variables(self, variables: Mapping[str, str]) -> None:
        """Replace the function's variables, and all processes, since those keep the old ones."""
        for name in self._own_variables:
            del self._environment[name]
        self._own_variables = set(variables)
        self._environment.update(variables)
        self.replace()

    async def warm(self) -> None:
        """Start a process if there is none, and wait until it is ready or has failed."""
        if not self._processes:
            self._add()
        if self._processes:
            await self._processes[0].ready.wait()

    async def invoke(self, event: object) -> Any:
        """Invoke the function once. Returns its result; raises FunctionFailed or FunctionTimedOut.

        As on AWS, the invocation continues if the caller is cancelled.
        """
        payload = json.dumps(event).encode()
        if len(payload) > LARGEST_PAYLOAD:
            raise FunctionFailed(f"Request must be smaller than {LARGEST_PAYLOAD} bytes", TOO_LARGE)
        if self._limit == 0:
            raise FunctionFailed(
                "Rate exceeded: the function's reserved concurrency is 0.", "TooManyRequestsException"
            )
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(self._log_failure)
        self._assign(Invocation(payload, answer))
        return await asyncio.shield(answer)

    def replace(self) -> None:
        """Retire all processes, busy ones after their invocation, and start a new one."""
        self._last_init_error = ""
        self._retired.update(self._processes)
        for process in self._processes:
            # A starting process may have loaded the old code; it has no invocation yet.
            if process.state != "busy":
                self._terminate(process)
        self._add()

    async def stop(self) -> None:
        """Kill all processes."""
        self._stopping = True
        await asyncio.gather(*(process.end() for process in self._processes))

    def _log_failure(self, answer: asyncio.Future[Any]) -> None:
        """Log a failure that the function could not log itself, such as a timeout."""
        error = None if answer.cancelled() else answer.exception()
        if isinstance(error, FunctionError) and not error.trace and str(error) not in self._last_init_error:
            self._log(f"ERROR {error.error_type}: {error}")

    def _assign(self, invocation: Invocation) -> None:
        while self._idle:
            process, assignment = self._idle.pop()
            if process.is_alive and not assignment.done():
                assignment.set_result(invocation)
                return
        self._pending.append(invocation)
        self._add_if_needed()

    def _add_if_needed(self) -> None:
        starting = sum(process.state == "starting" for process in self._active())
        if len(self._pending) > starting:
            self._add()

    def _active(self) -> list[FunctionProcess]:
        return [process for process in self._processes if process not in self._retired]

    def _add(self) -> None:
        if self._stopping or len(self._active()) >= self._limit:
            return
        process = self._kind()(self.function, self._next_invocation, self._on_exit)
        self._processes.append(process)
        process.start(self._environment, self._log)

    def _kind(self) -> type[FunctionProcess]:
        if not self.function.is_web_server:
            return FunctionProcess
        return AdapterProcess if self.function.adapter else WebProcess

    async def _next_invocation(self, process: FunctionProcess) -> Invocation:
        """Wait for the next invocation for `process` and return it."""
        assignment: asyncio.Future[Invocation] = asyncio.get_running_loop().create_future()
        if process in self._retired:
            self._terminate(process)
        elif self._pending:
            assignment.set_result(self._pending.popleft())
        else:
            self._idle.append((process, assignment))
        try:
            return await assignment
        except asyncio.CancelledError:
            # The process died when it received the invocation: assign it to another process.
            if assignment.done() and not assignment.cancelled():
                self._assign(assignment.result())
            raise

    def _terminate(self, process: FunctionProcess) -> None:
        self._remove_idle(process)
        process.kill()

    def _remove_idle(self, process: FunctionProcess) -> None:
        self._idle = [(other, assignment) for other, assignment in self._idle if other is not process]

    def _on_exit(self, process: FunctionProcess, init_error: FunctionError | None) -> None:
        self._remove_idle(process)
        self._processes.remove(process)
        expected = self._stopping or process in self._retired
        self._retired.discard(process)
        if init_error is not None and not expected:
            self._on_failed_start(init_error)
        if self._pending:
            self._add_if_needed()
        elif not expected and init_error is None and not self._processes:
            self._add()

    def _on_failed_start(self, error: FunctionError) -> None:
        text = f"{error.error_type}: {error}"
        if text != self._last_init_error:
            self._log(f"ERROR {self.function.logical_id} cannot start: {text}")
        self._last_init_error = text
        if self._pending:
            self._pending.popleft().settle(error=error)
