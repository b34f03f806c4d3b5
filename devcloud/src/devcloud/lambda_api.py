"""Lambda's Invoke API, and a list of the functions' processes."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from devcloud.aws_actions import credential
from devcloud.errors import FunctionError
from devcloud.function_pool import TOO_LARGE, FunctionPool
from devcloud.permissions import Permissions
from devcloud.runtime import LARGEST_PAYLOAD, function_arn

_ACTION = "lambda:InvokeFunction"
# Lambda's limit in bytes for the event of an asynchronous invocation: "1 MB" (API reference of Invoke; until 2025
# 256 KB). It is taken as 1 MiB, since its error messages gave the older limits in powers of two.
LARGEST_EVENT = 1024 * 1024
# Content types that a page may send to another origin without a preflight (Fetch standard).
_SIMPLE_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


class LambdaApi:
    """Invoke API for boto3's Lambda client. A function is found by name, logical id or ARN."""

    def __init__(self, pools: Mapping[str, FunctionPool], permissions: Permissions) -> None:
        self._pools = pools
        self._permissions = permissions
        self._by_name = {pool.function.name: pool for pool in pools.values()} | dict(pools)
        self._events: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/2015-03-31/functions/{name}/invocations", self._invoke),
            web.get("/functions.json", self._list),
        ]

    async def _invoke(self, request: web.Request) -> web.Response:
        # A browser may send these types from any page without a preflight; no Lambda client sends them.
        if request.content_type in _SIMPLE_TYPES and "Content-Type" in request.headers:
            return _refusal(415, "UnsupportedMediaTypeException", "Send the event as application/json.")
        # The function's name is the seventh part of its ARN.
        name = request.match_info["name"]
        pool = self._by_name.get(name.split(":")[6] if name.startswith("arn:") else name)
        if pool is None:
            return _refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        signed = credential(request.headers, request.query_string)
        role = self._permissions.role(signed[0]) if signed else None
        arn = function_arn(pool.function, signed[1]) if signed else ""
        if role and not role.allows(_ACTION, arn):
            return _refusal(403, "AccessDeniedException", role.refusal(_ACTION, arn))
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


def _refusal(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"Type": "User", "Message": message}, status=status, headers={"x-amzn-ErrorType": kind})
