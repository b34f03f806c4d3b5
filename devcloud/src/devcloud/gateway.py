"""REST API of API Gateway: route requests to the template's functions."""

import asyncio
import json
import math
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from devcloud.console import Console
from devcloud.errors import FunctionError
from devcloud.function_pool import TOO_LARGE, FunctionPool
from devcloud.proxy_event import ApiStage, MalformedProxyResponse, proxy_event, proxy_response
from devcloud.routes import Match, RouteTable
from devcloud.streaming import StreamedResponse, send_stream
from devcloud.template import Template, Throttle

LARGEST_REQUEST = 10 * 1024 * 1024
# API Gateway's limit in bytes for the request line and all header values together.
LARGEST_HEADERS = 10_240
# Ids that API Gateway accepts in the header X-Amzn-RequestId.
_REQUEST_ID = re.compile(r"[\w!#$%&'*+.^`|~-]{1,128}", re.ASCII)
_GATEWAY_ERRORS = {
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "THROTTLED": (429, "Too Many Requests"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    # AWS documents the limit ("Quotas for REST APIs") but not the response. Users of AWS report this text and status.
    "HEADERS_TOO_LARGE": (431, "HTTP header is larger than 10240 bytes."),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
    # API Gateway answers alike to a failed function and to a malformed response.
    "LAMBDA_FAILURE": (502, "Internal server error"),
}
# API Gateway expects another format from a function whose route has ResponseTransferMode RESPONSE_STREAM.
_WRONG_MODE = {
    True: "it is not streamed, but its route is",
    False: "it is streamed, but its route is not",
}


class Gateway:
    """API Gateway for one stage: `handle` invokes the function of the request's route."""

    def __init__(
        self, template: Template, pools: Mapping[str, FunctionPool], stage: ApiStage, console: Console
    ) -> None:
        self._routes = RouteTable(template.routes)
        self._responses = template.gateway_responses
        self._bucket = TokenBucket(template.throttle) if template.throttle else None
        self._pools = pools
        self._stage = stage
        self._console = console

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request and log it."""
        begin = time.monotonic()
        ids = {"x-amzn-RequestId": _request_id(request), "x-amz-apigw-id": uuid.uuid4().hex[:16]}
        path = _without_prefix(request.rel_url.raw_path, self._stage.prefix)
        match = self._routes.match(request.method, path) if path is not None else None
        response: web.StreamResponse
        if _header_bytes(request) > LARGEST_HEADERS:
            response = self._error_response("HEADERS_TOO_LARGE")
        elif match is None or path is None:
            response = self._error_response("MISSING_AUTHENTICATION_TOKEN")
        elif self._bucket and not self._bucket.take_token(begin):
            response = self._error_response("THROTTLED")
        else:
            response = await self._proxy(request, match, path, ids)
        if not response.prepared:
            response.headers.update(ids)
        # Do not log values of path parameters, nor a path without a route: both may hold secrets.
        shown = match.route.path if match else _shorten(request.rel_url.raw_path)
        function = match.route.function if match else "(no route)"
        self._console.access(request.method, shown, response.status, 1000 * (time.monotonic() - begin), function)
        return response

    async def _proxy(
        self, request: web.BaseRequest, match: Match, path: str, ids: Mapping[str, str]
    ) -> web.StreamResponse:
        begin = time.monotonic()
        body = await _read_body(request, LARGEST_REQUEST)
        if body is None:
            return self._error_response("REQUEST_TOO_LARGE")
        event = proxy_event(request, match, path, body, self._stage)
        event["requestContext"]["requestId"] = ids["x-amzn-RequestId"]
        event["requestContext"]["extendedRequestId"] = ids["x-amz-apigw-id"]
        binary = self._stage.binary_media_types
        try:
            invocation = self._pools[match.route.function].invoke(event)
            answer = await asyncio.wait_for(invocation, match.route.timeout_ms / 1000)
            if isinstance(answer, StreamedResponse) != match.route.streams:
                raise MalformedProxyResponse(_WRONG_MODE[match.route.streams])
            if match.route.streams:
                answer.headers.extend(ids.items())
                return await send_stream(request, answer, begin + match.route.timeout_ms / 1000)
            return proxy_response(answer, request.headers.get("Accept", ""), binary)
        except TimeoutError:
            return self._error_response("INTEGRATION_TIMEOUT")
        except FunctionError as error:
            return self._error_response("REQUEST_TOO_LARGE" if error.error_type == TOO_LARGE else "LAMBDA_FAILURE")
        except MalformedProxyResponse as error:
            self._console.log("gateway", f"ERROR {match.route.function} returned a malformed response: {error}")
            return self._error_response("LAMBDA_FAILURE")

    def _error_response(self, kind: str) -> web.Response:
        """Build an error response of the gateway itself, formatted by the template's GatewayResponses."""
        status, message = _GATEWAY_ERRORS[kind]
        general = self._responses.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX", {})
        own = self._responses.get(kind, {})
        status = int(own.get("StatusCode", general.get("StatusCode", status)))
        templates: dict[str, str] = own.get("ResponseTemplates") or general.get("ResponseTemplates") or {}
        content_type, text = next(
            iter(templates.items()), ("application/json", '{"message":$context.error.messageString}')
        )
        body = text.replace("$context.error.messageString", json.dumps(message))
        body = body.replace("$context.error.message", message).replace("$context.error.responseType", kind)
        headers = {
            "Content-Type": content_type,
            "x-amzn-ErrorType": kind,
            **_headers(general),
            **_headers(own),
        }
        return web.Response(status=status, body=body.encode(), headers=headers)


class TokenBucket:
    """API Gateway's throttle: a bucket of `burst` tokens, refilled with `rate` tokens per second."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle
        self._tokens = throttle.burst
        self._filled_at = -math.inf

    def take_token(self, now: float) -> bool:
        """Take one token at `now`, in seconds of a monotonic clock. Returns False if none is left."""
        filled = self._tokens + (now - self._filled_at) * self._throttle.rate
        self._tokens, self._filled_at = min(self._throttle.burst, filled), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def _headers(response: dict[str, Any]) -> dict[str, str]:
    """Return the static headers of a GatewayResponse. The template writes their values in single quotes."""
    headers = response.get("ResponseParameters", {}).get("Headers", {})
    return {name: str(value).strip("'") for name, value in headers.items()}


def _header_bytes(request: web.BaseRequest) -> int:
    line = len(f"{request.method} {request.raw_path} HTTP/1.1")
    return line + sum(len(value) for _, value in request.raw_headers)


def _request_id(request: web.BaseRequest) -> str:
    """Return the request's id. As on AWS, a client may choose it by a header, but not the extended id."""
    given = request.headers.get("X-Amzn-RequestId", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


def _without_prefix(path: str, prefix: str) -> str | None:
    if not path.startswith("/"):
        return None
    if not prefix:
        return path
    if path == prefix:
        return "/"
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else None


def _shorten(path: str) -> str:
    first = re.match(r"/?[^/]{0,40}", path)
    shown = first[0] if first else ""
    return shown if shown == path else f"{shown}…"


async def _read_body(request: web.BaseRequest, limit: int) -> bytes | None:
    """Read the whole body. Returns None if it exceeds `limit` bytes."""
    if (request.content_length or 0) > limit:
        return None
    body = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        body += piece
        if len(body) > limit:
            return None
    return bytes(body)
