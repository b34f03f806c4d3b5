"""Security headers of every response, including errors and static files."""

from collections.abc import Iterable
from functools import cache

from falaai import settings
from falaai.bucket_origin import bucket_origin

Header = tuple[bytes, bytes]

# No inline code and no other hosts: HTML that passes the sanitizer by mistake can neither run nor send data. The one
# other host is the bucket, which takes uploads with a signature only, and plays attached sound.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{bucket}; "
    "media-src 'self'{bucket}; font-src 'none'; frame-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Only the microphone is ever used, for dictation and recordings.
_PERMISSIONS_POLICY = "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), display-capture=()"


@cache
def _constant_headers() -> tuple[Header, ...]:
    web = settings.read(settings.WebSettings)
    bucket = f" {bucket_origin(web.pictures_bucket)}" if web.pictures_bucket else ""
    headers = [
        (b"content-security-policy", _CONTENT_SECURITY_POLICY.format(bucket=bucket).encode()),
        (b"permissions-policy", _PERMISSIONS_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
    if web.is_https:
        headers.append((b"strict-transport-security", b"max-age=63072000; includeSubDomains"))
    return tuple(headers)


def security_headers(present: Iterable[Header]) -> list[Header]:
    """Return the headers to add to `present`. A response without Cache-Control gets one that forbids caching.

    A header that the response has stays the only one of its name.
    """
    names = {name.lower() for name, _ in present}
    headers = [*_constant_headers(), (b"cache-control", b"no-store")]
    return [header for header in headers if header[0] not in names]
