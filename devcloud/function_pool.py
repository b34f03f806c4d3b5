"""The processes of one function: reused when idle, added when all are busy, replaced when they die."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from devcloud.errors import FunctionError, FunctionFailed
from devcloud.runtime import LARGEST_PAYLOAD, FunctionProcess, Invocation
from devcloud.template import Function
from devcloud.web_process import WebProcess

DEFAULT_CONCURRENCY = 8
TOO_LARGE = "RequestEntityTooLargeException"


class FunctionPool:
    """`await invoke(event)` runs the function once; `environment` is what its processes get."""

    def __init__(self, function: Function, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.function = function
        self._environment = environment
        self._say = say
        reserved = function.reserved_concurrency
        # What is reserved on AWS is more than one machine has room for.
        self._limit = DEFAULT_CONCURRENCY if reserved is None else min(reserved, DEFAULT_CONCURRENCY)
        self._processes: list[FunctionProcess] = []
        self._retired: set[FunctionProcess] = set()
        # Idle ones wait for work in a stack: the last used is used first, so that surplus ones stay untouched.
        self._idle: list[tuple[FunctionProcess, asyncio.Future[Invocation]]] = []
        self._pending: deque[Invocation] = deque()
        self._last_init_error = ""
        self._stopping = False

    @property
    def processes(self) -> list[FunctionProcess]:
        return list(self._processes)

    async def warm(self) -> None:
        """Starts one process ahead, if there is none, and waits until it is ready or has failed."""
        if not self._processes:
            self._add()
        if self._processes:
            await self._processes[0].ready.wait()

    async def invoke(self, event: object) -> Any:
        """The function's answer; raises FunctionFailed or FunctionTimedOut.

        A caller that no longer waits does not end the invocation, as on AWS.
        """
        payload = json.dumps(event).encode()
        if len(payload) > LARGEST_PAYLOAD:
            raise FunctionFailed(f"Request must be smaller than {LARGEST_PAYLOAD} bytes", TOO_LARGE)
        if self._limit == 0:
            raise FunctionFailed(
                "Rate exceeded: the function's reserved concurrency is 0.", "TooManyRequestsException"
            )
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(self._note)
        self._give(Invocation(payload, answer))
        return await asyncio.shield(answer)

    def replace(self) -> None:
        """Retires every process, busy ones when they have finished, and starts a fresh one."""
        self._last_init_error = ""
        self._retired.update(self._processes)
        for process in self._processes:
            # One that is starting has perhaps not read the change; it holds no invocation either.
            if process.state != "busy":
                self._drop(process)
        self._add()

    async def stop(self) -> None:
        """Ends every process at once."""
        self._stopping = True
        await asyncio.gather(*(process.end() for process in self._processes))

    def _note(self, answer: asyncio.Future[Any]) -> None:
        """Tells of failures that the function itself could not write about."""
        error = None if answer.cancelled() else answer.exception()
        if isinstance(error, FunctionError) and not error.trace and str(error) not in self._last_init_error:
            self._say(f"ERROR {error.error_type}: {error}")

    def _give(self, invocation: Invocation) -> None:
        while self._idle:
            process, work = self._idle.pop()
            if process.is_alive and not work.done():
                work.set_result(invocation)
                return
        self._pending.append(invocation)
        self._add_if_needed()

    def _add_if_needed(self) -> None:
        starting = sum(process.state == "starting" for process in self._living())
        if len(self._pending) > starting:
            self._add()

    def _living(self) -> list[FunctionProcess]:
        return [process for process in self._processes if process not in self._retired]

    def _add(self) -> None:
        if self._stopping or len(self._living()) >= self._limit:
            return
        kind = WebProcess if self.function.is_web_server else FunctionProcess
        process = kind(self.function, self._take, self._ended)
        self._processes.append(process)
        process.start(self._environment, self._say)

    async def _take(self, process: FunctionProcess) -> Invocation:
        """Work for a process that asks for some; it waits here as long as there is none."""
        work: asyncio.Future[Invocation] = asyncio.get_running_loop().create_future()
        if process in self._retired:
            self._drop(process)
        elif self._pending:
            work.set_result(self._pending.popleft())
        else:
            self._idle.append((process, work))
        try:
            return await work
        except asyncio.CancelledError:
            # It died just when it was given something to do: somebody else does it.
            if work.done() and not work.cancelled():
                self._give(work.result())
            raise

    def _drop(self, process: FunctionProcess) -> None:
        self._forget_idle(process)
        process.kill()

    def _forget_idle(self, process: FunctionProcess) -> None:
        self._idle = [(other, work) for other, work in self._idle if other is not process]

    def _ended(self, process: FunctionProcess, init_error: FunctionError | None) -> None:
        self._forget_idle(process)
        self._processes.remove(process)
        expected = self._stopping or process in self._retired
        self._retired.discard(process)
        if init_error is not None and not expected:
            self._could_not_start(init_error)
        if self._pending:
            self._add_if_needed()
        elif not expected and init_error is None and not self._processes:
            self._add()

    def _could_not_start(self, error: FunctionError) -> None:
        text = f"{error.error_type}: {error}"
        if text != self._last_init_error:
            self._say(f"ERROR {self.function.logical_id} cannot start: {text}")
        self._last_init_error = text
        if self._pending:
            self._pending.popleft().settle(error=error)
