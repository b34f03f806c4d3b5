"""The part of AWS's runtime client that is compiled, in Python. AWS compiles it on Linux only.

awslambdaric imports a module of this name. On other systems this folder is on the import path of the functions.
Each call raises RuntimeError if the Runtime API refuses it.
"""

import http.client
import os
from email.message import Message

_INVOCATION = "/2018-06-01/runtime/invocation"
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    """Set the value of the User-Agent header."""
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, Message]:  # noqa: A001 - awslambdaric calls it by this name
    """Wait for the next invocation. Returns its event and the headers that describe it."""
    return _request("GET", "/next", None, {})


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, _invocation_id: str | None) -> None:
    """Send the result of an invocation."""
    _request("POST", f"/{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, xray_fault: str, _invocation_id: str | None) -> None:
    """Send the error of an invocation as JSON text. X-Ray gets `xray_fault`."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-XRay-Error-Cause": xray_fault}
    _request("POST", f"/{invoke_id}/error", error.encode(), headers)


def _request(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[bytes, Message]:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        connection.request(method, _INVOCATION + path, body, {"User-Agent": _user_agent, **headers})
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: the Runtime API answers {response.status}")
    return answer, response.headers
