"""Refuse requests that a web page of another site can send to this machine.

Such a page has two ways. With DNS rebinding, its own domain name resolves to this machine; the header Host then holds
that name. Or it sends simple requests to this address; the browser marks them with Origin and Sec-Fetch-Site.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

STATUS = 403
SAFE_METHODS = ("GET", "HEAD")


def refusal(method: str, headers: Mapping[str, str], own: str, *, navigable: bool = False) -> str | None:
    """Return the reason to refuse a request, or None if it is allowed.

    `own` is the address that the server listens on. `navigable` allows links on other sites that lead here.
    """
    host = headers.get("Host", "")
    if not _is_ours(host, own):
        return "devcloud accepts only loopback names and its own address as Host; this request has another one."
    if (origin := headers.get("Origin")) is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "devcloud refuses requests from pages of another origin."
    if headers.get("Sec-Fetch-Site") == "cross-site":
        is_navigation = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
        if not (navigable and is_navigation and method in SAFE_METHODS):
            return "devcloud refuses requests from pages of another site; open the address in a new tab."
    return None


def _is_ours(host: str, own: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # Browsers resolve these names to this machine without DNS (RFC 6761).
        return name == "localhost" or name.endswith(".localhost")
    mine = ipaddress.ip_address(own)
    # A server on 0.0.0.0 or :: accepts any address of this machine. It never accepts other names.
    return address.is_loopback or mine.is_unspecified or address == mine
