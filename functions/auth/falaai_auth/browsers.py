"""The browser that sends a request."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Browser:
    """The User-Agent header, the IP address, and the token of the session cookie, if the browser sent one."""

    agent: str
    address: str
    old_token: str | None = None
