"""Lambda's API to invoke functions and to read and set their variables, and a list of their processes."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from devcloud.action_record import ActionRecord
from devcloud.aws_actions import credential
from devcloud.errors import FunctionError
from devcloud.function_pool import TOO_LARGE, FunctionPool
from devcloud.permissions import Permissions, first_refused
from devcloud.runtime import LARGEST_PAYLOAD, function_arn

# Lambda's limit in bytes for the event of an asynchronous invocation: "1 MB" (API reference of Invoke; until 2025
# 256 KB). It is taken as 1 MiB, since its error messages gave the older limits in powers of two.
LARGEST_EVENT = 1024 * 1024
# Content types that a page may send to another origin without a preflight (Fetch standard).
_SIMPLE_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


class LambdaApi:
    """API for boto3's Lambda client. A function is found by name, logical id or ARN."""

    def __init__(self, pools: Mapping[str, FunctionPool], permissions: Permissions) -> None:
        self._pools = pools
        self._permissions = permissions
        self._record = ActionRecord.from_environment()
        self._by_name = {pool.function.name: pool for pool in pools.values()} | dict(pools)
        self._events: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/2015-03-31/functions/{name}/invocations", self._invoke),
            web.get("/2015-03-31/functions/{name}/configuration", self._get_configuration),
            web.put("/2015-03-31/functions/{name}/configuration", self._update_configuration),
            web.get("/functions.json", self._list),
        ]

    async def _invoke(self, request: web.Request) -> web.Response:
        # A browser may send these types from any page without a preflight; no Lambda client sends them.
        if request.content_type in _SIMPLE_TYPES and "Content-Type" in request.headers:
            return _refusal(415, "UnsupportedMediaTypeException", "Send the event as application/json.")
        pool = self._find(request, "lambda:InvokeFunction")
        if isinstance(pool, web.Response):
            return pool
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        limit = LARGEST_EVENT if kind == "Event" else LARGEST_PAYLOAD
        body = await request.read()
        if len(body) > limit:
            size = f"{len(body)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
            return _refusal(413, TOO_LARGE, size)
        try:
            event = json.loads(body or "{}")
        except json.JSONDecodeError as error:
            return _refusal(400, "InvalidRequestContentException", f"Could not parse request body into json: {error}")
        if kind == "Event":
            task = asyncio.create_task(_result(pool, event))
            self._events.add(task)
            task.add_done_callback(self._events.discard)
            return web.Response(status=202)
        result, failed = await asyncio.shield(asyncio.ensure_future(_result(pool, event)))
        headers = {"x-amzn-RequestId": str(uuid.uuid4()), "X-Amz-Executed-Version": "$LATEST"}
        if failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return web.json_response(result, headers=headers)

    async def _get_configuration(self, request: web.Request) -> web.Response:
        pool = self._find(request, "lambda:GetFunctionConfiguration")
        return pool if isinstance(pool, web.Response) else _configuration(pool)

    async def _update_configuration(self, request: web.Request) -> web.Response:
        """Set the variables and start new processes with them. Other settings are those of the template."""
        pool = self._find(request, "lambda:UpdateFunctionConfiguration")
        if isinstance(pool, web.Response):
            return pool
        wanted = json.loads(await request.read() or "{}")
        if set(wanted) - {"Environment"}:
            return _refusal(400, "InvalidParameterValueException", "devcloud changes the environment only.")
        if "Environment" in wanted:
            pool.set_variables(wanted["Environment"].get("Variables", {}))
        return _configuration(pool)

    def _find(self, request: web.Request, action: str) -> FunctionPool | web.Response:
        """Return the function that a request names, or the refusal if the sender's role does not allow the action."""
        # The function's name is the seventh part of its ARN.
        name = request.match_info["name"]
        pool = self._by_name.get(name.split(":")[6] if name.startswith("arn:") else name)
        if pool is None:
            return _refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        signed = credential(request.headers, request.query_string)
        role = self._permissions.role(signed[0]) if signed else None
        arn = function_arn(pool.function, signed[1]) if signed else ""
        if role and first_refused(role, [(action, arn)], self._record):
            return _refusal(403, "AccessDeniedException", role.refusal(action, arn))
        return pool

    async def _list(self, _request: web.Request) -> web.Response:
        functions = [
            {
                "name": logical_id,
                "processes": [{"pid": process.pid, "state": process.state} for process in pool.processes],
            }
            for logical_id, pool in self._pools.items()
        ]
        return web.json_response(functions, headers={"Cache-Control": "no-store"})


async def _result(pool: FunctionPool, event: Any) -> tuple[Any, bool]:
    try:
        return await pool.invoke(event), False
    except FunctionError as error:
        return error.payload, True


def _configuration(pool: FunctionPool) -> web.Response:
    function = pool.function
    described = {
        "FunctionName": function.name,
        "Runtime": function.runtime,
        "Handler": function.handler,
        "Timeout": int(function.timeout),
        "MemorySize": function.memory,
        "Environment": {"Variables": pool.variables},
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    return web.json_response(described, headers={"Cache-Control": "no-store"})


def _refusal(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"Type": "User", "Message": message}, status=status, headers={"x-amzn-ErrorType": kind})
