"""The canned reply of the warm-up is never the reply to a question."""

import asyncio

import httpx

from falaai.canned_reply import CannedReply


class Gemini(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="from Gemini", request=request)


def test_requests_reach_gemini_after_the_end_of_the_canned_reply() -> None:
    async def answers() -> list[str]:
        canned = CannedReply(Gemini())
        async with httpx.AsyncClient(transport=canned, verify=False) as client:  # noqa: S501 - no network
            before = await client.post("http://gemini.invalid")
            canned.end()
            return [before.text[:5], (await client.post("http://gemini.invalid")).text]

    assert asyncio.run(answers()) == ["data:", "from Gemini"]
