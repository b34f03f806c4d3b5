"""A canned reply of Gemini, so that LangChain and Google's client can run once without a question to Gemini.

Importing this module imports httpx, so only the warm-up imports it.
"""

import json

import httpx

_CHUNK = {
    "candidates": [
        {"content": {"parts": [{"text": "Oi"}], "role": "model"}, "finishReason": "STOP", "index": 0},
    ],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
    "modelVersion": "canned",
    "responseId": "canned",
}


class CannedReply(httpx.AsyncBaseTransport):
    """Transport that answers every request with the same server-sent event, and after `end` uses `connections`."""

    def __init__(self, connections: httpx.AsyncBaseTransport) -> None:
        self._connections = connections
        self._has_ended = False

    def end(self) -> None:
        self._has_ended = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._has_ended:
            return await self._connections.handle_async_request(request)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, text=f"data: {json.dumps(_CHUNK)}\r\n\r\n", request=request)

    async def aclose(self) -> None:
        await self._connections.aclose()
