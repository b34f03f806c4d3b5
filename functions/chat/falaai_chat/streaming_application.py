"""The chat domain's stream, served by uvicorn behind the AWS Lambda Web Adapter (run.sh).

The adapter turns Lambda's events into HTTP requests and hands API Gateway's own words over in a header; here they
go back to where Mangum would have put them, so that everything behind reads one place.
"""

import json
from pathlib import Path

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from falaai.logs import logger
from falaai.web import health
from falaai.web.application import build_application
from falaai_chat.routes import stream

CONTEXT_HEADER = b"x-amzn-request-context"


def build() -> "AdaptedRequest":
    routers = [stream.router, health.router]
    return AdaptedRequest(build_application("FalaAI stream", routers, Path(__file__).parent / "templates"))


class AdaptedRequest:
    """Put the adapter's request context where Mangum puts it. Only the adapter reaches this server."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(CONTEXT_HEADER)
            if given:
                context = json.loads(given)
                scope["aws.event"] = {"requestContext": context}
                logger().set_correlation_id(context.get("requestId"))
        await self.app(scope, receive, send)
