"""The FastAPI application of a web function, and its Lambda handler."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from mangum import Mangum
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from falaai import __version__
from falaai.deadlines import REQUEST_SECONDS, deadline
from falaai.errors import CrossOrigin, UnreadableRequest
from falaai.logs import correlate, request_id_of
from falaai.web.body_limit import limited
from falaai.web.compression import Compression
from falaai.web.error_responses import DOCUMENTED_ERRORS, add_error_handlers, refuse, unexpected
from falaai.web.same_origin import require_same_origin
from falaai.web.security_headers import security_headers
from falaai.web.static_files import StaticFolder

# Key that marks an event with invalid text. API Gateway uses no key of this name.
UNREADABLE = "falaai.unreadable"


def build_application(
    title: str, routers: Sequence[APIRouter], templates: Path, own_static: StaticFolder | None = None
) -> FastAPI:
    """Build an application from routers and the function's own templates and static files.

    It reads no setting and opens no connection.
    """
    app = FastAPI(
        title=title,
        version=__version__,
        openapi_url=None,
        responses=DOCUMENTED_ERRORS,
        redirect_slashes=False,  # Starlette's redirects lose the stage prefix
    )
    app.state.templates = templates
    app.state.own_static = own_static
    add_error_handlers(app)
    for router in routers:
        app.include_router(router)
    app.add_middleware(Compression)
    app.add_middleware(RequestBoundary)
    return app


def lambda_handler(app: FastAPI) -> Any:
    """Return the handler that Lambda calls with API Gateway's proxy events."""
    mangum = Mangum(app, lifespan="off")

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        correlate(request_id_of(event.get("requestContext", {})))
        return mangum(readable(event), context)

    return handler


def readable(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event that Mangum can encode.

    Bytes that are not UTF-8 arrive as lone surrogates, on which Mangum raises an error. Returns a copy with `?` for
    each of them, marked with UNREADABLE. A body in base64 has none.
    """
    told = {name: value for name, value in event.items() if name != "body" or not event.get("isBase64Encoded")}
    text = json.dumps(told, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return {**event, **json.loads(text.encode(errors="replace")), UNREADABLE: True}
    return event


class RequestBoundary:
    """Outermost middleware: set the stage prefix, add security headers, and turn every error into a response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _place_behind_stage(scope)
        receive = limited(scope, receive)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *security_headers(message["headers"])]
            await send(message)

        try:
            if scope.get("aws.event", {}).get(UNREADABLE):
                raise UnreadableRequest("headers or address are not UTF-8")
            require_same_origin(Request(scope))  # before the body is read
            with deadline(REQUEST_SECONDS):
                await self.app(scope, receive, send_with_headers)
        except (CrossOrigin, UnreadableRequest) as error:
            await refuse(Request(scope), error)(scope, receive, send_with_headers)
        except Exception as error:
            if started:
                raise
            await unexpected(Request(scope), error)(scope, receive, send_with_headers)


def _place_behind_stage(scope: Scope) -> None:
    """Restore the stage that API Gateway removes from the path: ASGI needs it in `root_path` and in `path`."""
    full_path = scope.get("aws.event", {}).get("requestContext", {}).get("path") or ""
    path = scope["path"]
    if full_path != path and full_path.endswith(path):
        scope["root_path"] = full_path[: -len(path)]
        scope["path"] = full_path
