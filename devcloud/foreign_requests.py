"""Refuse what a web page of another site can send to this machine.

A page may have its own name point here (DNS rebinding), which its requests then carry as Host; and it may send
simple requests to any address, which a browser marks with Origin and Sec-Fetch-Site.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

STATUS = 403
SAFE_METHODS = ("GET", "HEAD")


def refusal(method: str, headers: Mapping[str, str], own: str, *, navigable: bool = False) -> str | None:
    """Return why a request is refused, or None.

    `own` is the address that the server listens on. `navigable`: a link elsewhere may lead here, as to any web site.
    """
    host = headers.get("Host", "")
    if not _is_ours(host, own):
        return "devcloud answers to loopback names and its own address only; this request names another host."
    if (origin := headers.get("Origin")) is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "devcloud refuses requests from pages of another origin."
    if headers.get("Sec-Fetch-Site") == "cross-site":
        is_navigation = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
        if not (navigable and is_navigation and method in SAFE_METHODS):
            return "devcloud refuses requests from pages of another site; open the address by itself."
    return None


def _is_ours(host: str, own: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # Browsers look these names up nowhere: they are always this machine (RFC 6761).
        return name == "localhost" or name.endswith(".localhost")
    mine = ipaddress.ip_address(own)
    # On every address of this machine at once, any address may be its own; a name never is one.
    return address.is_loopback or mine.is_unspecified or address == mine
