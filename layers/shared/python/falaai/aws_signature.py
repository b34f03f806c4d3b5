"""AWS's Signature Version 4 of a POST to the root of a service, equal to the one of botocore's SigV4Auth.

botocore's signer and connections take 60 ms to import (docs/performance.md), a tenth of a page's cold start.
"""

import hashlib
import hmac
from typing import NamedTuple

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """Credentials of a role or a user. Only temporary ones, as on Lambda, have a token."""

    access_key: str
    secret_key: str
    token: str = ""


def sign(
    headers: dict[str, str], body: bytes, service: str, region: str, credentials: Credentials, time: str
) -> dict[str, str]:
    """Return the headers with the signature of all of them, and of the body. `headers` must include Host.

    `time` is the current time in UTC, as 20260309T235901Z.
    """
    signed = {**headers, "X-Amz-Date": time}
    if credentials.token:
        signed["X-Amz-Security-Token"] = credentials.token
    sorted_headers = sorted((name.lower(), value) for name, value in signed.items())
    names = ";".join(name for name, _ in sorted_headers)
    lines = (f"{name}:{value}" for name, value in sorted_headers)
    request = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
    scope = (time[:8], region, service, "aws4_request")
    text = "\n".join([_ALGORITHM, time, "/".join(scope), hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope:
        key = _hmac(key, part)
    signed["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{'/'.join(scope)}, "
        f"SignedHeaders={names}, Signature={_hmac(key, text).hex()}"
    )
    return signed


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
