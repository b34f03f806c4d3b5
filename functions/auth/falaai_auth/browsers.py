"""The browser that makes a request, as the rules of accounts know it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from falaai.web.current_user import client_address, cookie_name


@dataclass(frozen=True)
class Browser:
    """Its own description, its IP address, and the token of the session cookie it sent."""

    agent: str
    address: str
    old_token: str | None = None


async def _calling_browser(request: Request) -> Browser:
    agent = request.headers.get("user-agent", "")
    return Browser(agent, client_address(request), request.cookies.get(cookie_name()))


CallingBrowser = Annotated[Browser, Depends(_calling_browser)]
