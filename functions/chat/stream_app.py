"""Entry point of the chat function's stream, which run.sh starts behind the AWS Lambda Web Adapter.

The adapter turns Lambda's events into HTTP requests and sends API Gateway's request context in a header.
"""

from falaai import cold_start  # isort: skip - pauses the garbage collector before the other imports

import json
import os

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from falaai.logs import correlate, request_id_of
from falaai_chat.application import build_stream

CONTEXT_HEADER = b"x-amzn-request-context"
TRACE_HEADER = b"x-amzn-trace-id"


class AdaptedRequest:
    """Middleware that stores the adapter's request context as Mangum would. Only the adapter reaches this server."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if trace := headers.get(TRACE_HEADER):
                # AWS's own runtimes set this variable. One process may set it: it has one request at a time.
                os.environ["_X_AMZN_TRACE_ID"] = trace.decode("latin-1")
            if header := headers.get(CONTEXT_HEADER):
                context = json.loads(header)
                scope["aws.event"] = {"requestContext": context}
                correlate(request_id_of(context))
        await self.app(scope, receive, send)


application = cold_start.end_cold_start(AdaptedRequest(build_stream()))
