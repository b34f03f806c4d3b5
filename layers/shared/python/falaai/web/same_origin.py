"""Cross-site request forgery is refused without tokens, by what the browser itself says of a request's origin."""

from urllib.parse import urlsplit

from fastapi import Request

from falaai import settings
from falaai.errors import CrossOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_origin(request: Request) -> None:
    """Raises CrossOrigin for an unsafe request that a page of another origin made."""
    if request.method in SAFE_METHODS:
        return
    # Every current browser sends this header and no page can change it; "none" is the person's own doing.
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossOrigin(f"Sec-Fetch-Site: {site}")
        return
    # Browsers leave it out on plain HTTP, and older ones do everywhere; then Origin has the answer.
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc not in _own_hosts(request):
        raise CrossOrigin("foreign or missing Origin")  # a script that means it can say where it belongs


def _own_hosts(request: Request) -> set[str]:
    """Where this product is reached: as configured, or by API Gateway's own word. Never by the Host header."""
    configured = urlsplit(settings.read(settings.WebSettings).public_url).netloc
    gateway = request.scope.get("aws.event", {}).get("requestContext", {}).get("domainName")
    return {host for host in (configured, gateway) if host}
