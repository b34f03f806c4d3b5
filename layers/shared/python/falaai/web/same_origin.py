"""Protection against cross-site request forgery by the origin headers of the browser, without tokens."""

from urllib.parse import urlsplit

from fastapi import Request

from falaai import settings
from falaai.errors import CrossOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_origin(request: Request) -> None:
    """Raise CrossOrigin for a request that may change data and comes from a page of another origin."""
    if request.method in SAFE_METHODS:
        return
    # Every current browser sends this header, and no page can change it. "none" means typed or bookmarked.
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossOrigin(f"Sec-Fetch-Site: {site}")
        return
    # Older browsers, and any browser without HTTPS, do not send that header. Then the Origin header decides.
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc not in _own_hosts(request):
        raise CrossOrigin("foreign or missing Origin")  # a client that is not a browser can set Origin itself


def _own_hosts(request: Request) -> set[str]:
    """Return the host of PUBLIC_URL and the host that API Gateway reports. The Host header can be forged."""
    configured = urlsplit(settings.read(settings.WebSettings).public_url).netloc
    gateway = request.scope.get("aws.event", {}).get("requestContext", {}).get("domainName")
    return {host for host in (configured, gateway) if host}
