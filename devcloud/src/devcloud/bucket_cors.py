"""Requests of web pages to a bucket, as its CORS rules allow them. moto answers preflights alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import EnvironHeaders
from werkzeug.wrappers import Response

from devcloud.intrinsics import ACCOUNT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class AllowedOrigin:
    """A request's origin that a rule of the bucket allows, with the headers of the answer."""

    headers: list[tuple[str, str]]
    is_preflight: bool


def allowed_origin(environ: "WSGIEnvironment") -> AllowedOrigin | None:
    """Return the answer's headers if a rule allows this request of a page of another origin, or None."""
    headers = EnvironHeaders(environ)
    origin, asked = headers.get("Origin"), headers.get("Access-Control-Request-Method")
    if not origin:
        return None
    is_preflight = environ["REQUEST_METHOD"] == "OPTIONS" and asked is not None
    method = asked if is_preflight else environ["REQUEST_METHOD"]
    for rule in _rules(environ["PATH_INFO"].lstrip("/").partition("/")[0]):
        if method in rule.allowed_methods and any(fnmatchcase(origin, one) for one in rule.allowed_origins):
            wanted = headers.get("Access-Control-Request-Headers", "")
            return AllowedOrigin(
                [
                    ("Access-Control-Allow-Origin", "*" if "*" in rule.allowed_origins else origin),
                    ("Access-Control-Allow-Methods", ", ".join(rule.allowed_methods)),
                    *([("Access-Control-Allow-Headers", wanted)] if wanted and rule.allowed_headers else []),
                    ("Access-Control-Max-Age", str(rule.max_age_seconds or 0)),
                    ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
                ],
                is_preflight,
            )
    return None


def _rules(bucket: str) -> Iterable[Any]:
    """Return the rules of a bucket of moto, in whose process this runs."""
    from moto.s3.models import s3_backends

    found = s3_backends[ACCOUNT]["aws"].buckets.get(bucket)
    return found.cors if found else ()


def answer_allowed(
    application: "WSGIApplication",
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    allowed: AllowedOrigin,
) -> Iterable[bytes]:
    """Answer an allowed request: a preflight at once, another one by the application."""
    if allowed.is_preflight:
        return Response(status=200, headers=allowed.headers)(environ, start_response)

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        kept = [(name, value) for name, value in headers if not name.lower().startswith("access-control-")]
        return start_response(status, [*kept, *allowed.headers], exc_info)

    return application(environ, start)
