"""API Gateway's Lambda proxy integration, version 1.0: convert requests to events and results to responses."""

import base64
import binascii
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import CIMultiDict

from devcloud.intrinsics import ACCOUNT
from devcloud.routes import Match

_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "expect",
}
# API Gateway sets these response headers itself and renames those of the function.
_REMAPPED = {"connection", "content-length", "date", "server", "transfer-encoding", "www-authenticate"}
_HEADER_KEYS = ("headers", "multiValueHeaders")


class MalformedProxyResponse(Exception):
    """API Gateway cannot convert the function's result to a response."""


@dataclass(frozen=True)
class ApiStage:
    """A stage of the API. `domain` is host:port; `prefix` is "/name" if the gateway serves under the stage name."""

    domain: str
    name: str
    prefix: str
    binary_media_types: list[str]


def proxy_event(request: web.BaseRequest, match: Match, path: str, body: bytes, stage: ApiStage) -> dict[str, Any]:
    """Build the event for one request, without its ids. `path` excludes the stage's prefix."""
    headers = _request_headers(request, stage)
    query = parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)
    content_type = request.headers.get("Content-Type", "application/json")
    encoded = bool(body) and is_binary(content_type, stage.binary_media_types)
    text = base64.b64encode(body).decode() if encoded else body.decode(errors="replace")
    return {
        "resource": match.route.path,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _group_values(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _group_values(query) or None,
        "pathParameters": match.parameters or None,
        "stageVariables": None,
        "requestContext": _context(request, match, path, stage),
        "body": text if body else None,
        "isBase64Encoded": encoded,
    }


def proxy_response(result: Any, accept: str, binary_media_types: list[str]) -> web.Response:
    """Convert a function's result to a response. Raises MalformedProxyResponse."""
    if not isinstance(result, dict):
        raise MalformedProxyResponse("it is not an object")
    try:
        status = int(result.get("statusCode", 200))
    except (TypeError, ValueError):
        raise MalformedProxyResponse("its statusCode is not a number") from None
    if not 100 <= status <= 599:
        raise MalformedProxyResponse(f"its statusCode is {status}")
    body = result.get("body")
    if not isinstance(body, str | None):
        raise MalformedProxyResponse("its body is not text")
    content = (body or "").encode()
    if result.get("isBase64Encoded") and is_binary(accept, binary_media_types):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error:
            raise MalformedProxyResponse("its body is not base64") from None
    return web.Response(status=status, headers=_response_headers(result), body=content)


def is_binary(media_type: str, binary_media_types: list[str]) -> bool:
    """Return whether API Gateway treats this Content-Type, or the first type of this Accept header, as binary."""
    kind = media_type.split(",")[0].split(";")[0].strip().lower()
    return "*/*" in binary_media_types or kind in binary_media_types


def _request_headers(request: web.BaseRequest, stage: ApiStage) -> list[tuple[str, str]]:
    peer = request.remote or "127.0.0.1"
    overwritten = {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}
    headers = [
        (name, value)
        for name, value in request.headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in overwritten
    ]
    before = request.headers.getall("X-Forwarded-For", [])
    return [
        *headers,
        ("X-Forwarded-For", ", ".join([*before, peer])),
        ("X-Forwarded-Port", stage.domain.rpartition(":")[2]),
        ("X-Forwarded-Proto", "http"),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
    ]


def _context(request: web.BaseRequest, match: Match, path: str, stage: ApiStage) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": "devcloud",
        "domainName": stage.domain,
        "domainPrefix": stage.domain.split(".")[0],
        "httpMethod": request.method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "sourceIp": request.remote or "127.0.0.1",
            "user": None,
            "userAgent": request.headers.get("User-Agent"),
            "userArn": None,
        },
        "path": stage.prefix + path,
        "protocol": "HTTP/1.1",
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": "devcloud",
        "resourcePath": match.route.path,
        "stage": stage.name,
    }


def _group_values(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for name, value in pairs:
        result.setdefault(name, []).append(value)
    return result


def _response_headers(result: dict[str, Any]) -> CIMultiDict[str]:
    single, multiple = ({} if (given := result.get(key)) is None else given for key in _HEADER_KEYS)
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedProxyResponse("its headers are not an object")
    headers: CIMultiDict[str] = CIMultiDict()
    named = {name.lower() for name in multiple}
    for name, value in single.items():
        if name.lower() not in named:
            _add_header(headers, name, value)
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedProxyResponse("its multiValueHeaders hold something that is not a list")
        for value in values:
            _add_header(headers, name, value)
    # API Gateway's default differs from aiohttp's.
    headers.setdefault("Content-Type", "application/json")
    return headers


def _add_header(headers: CIMultiDict[str], name: str, value: Any) -> None:
    if isinstance(value, dict | list) or value is None:
        raise MalformedProxyResponse(f"its header {name} is not text")
    if any(character in f"{name}{value}" for character in "\r\n\0"):
        raise MalformedProxyResponse(f"its header {name!r} has a line break")
    headers.add(f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, str(value))
