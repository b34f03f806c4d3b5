"""Requests to SQS and SSM in AWS's JSON protocol, without botocore.

boto3 and one client take 0.15 s to import and to build (docs/performance.md). With boto3, every cold start would
spend that time before it reads its secrets, and the first reply to a new user would spend it again before it sends a
queue message.
"""

import json
import os
import secrets
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from falaai.aws_signature import Credentials, sign
from falaai.tls import public_authorities

ATTEMPTS = 4
# Longest pause before the second attempt, in seconds; it doubles with each further attempt. Each pause is a random
# part of it, so that functions which start together do not retry together. Callers limit the total time.
PAUSE_SECONDS = 0.4
CONNECT_SECONDS = 1
READ_SECONDS = 2
# Error types after which a later attempt may succeed, as after any 5xx.
_BUSY = ("ThrottlingException", "TooManyUpdates", "RequestThrottled", "RequestLimitExceeded")
_PROTOCOLS = {"ssm": "application/x-amz-json-1.1", "sqs": "application/x-amz-json-1.0"}


class AwsRefused(Exception):
    """AWS refused a request or did not answer it. The message is the type of AWS's error or of the network error."""


def call_aws(service: str, operation: str, **body: Any) -> dict[str, Any]:
    """Run one operation by AWS's name for it, such as AmazonSSM.GetParameters. Returns its answer; raises AwsRefused.

    It is repeated when AWS is busy or does not answer, so it may take effect twice.
    """
    reason = ""
    for attempt in range(1, ATTEMPTS + 1):
        status, answer = _try(service, operation, body)
        if status == 200:
            return answer
        reason = str(answer.get("__type", status)).rpartition("#")[2]
        if 0 < status < 500 and reason not in _BUSY:
            break
        if attempt < ATTEMPTS:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1) * secrets.randbelow(1000) / 1000)
    raise AwsRefused(reason)


def _try(service: str, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Return status and answer; the status is 0 if there was no answer."""
    try:
        status, answer = _post(service, operation, json.dumps(body).encode())
    except (OSError, HTTPException) as error:
        return 0, {"__type": type(error).__name__}
    try:
        return status, json.loads(answer)
    except ValueError:  # not JSON: a proxy answered instead of AWS
        return status, {}


def _post(service: str, operation: str, body: bytes) -> tuple[int, bytes]:
    """Send a signed request on a new connection: AWS closes connections that stay idle in a frozen process."""
    credentials, region = _identity()
    endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    address = urlsplit(endpoint or f"https://{service}.{region}.amazonaws.com")
    headers = {"Host": address.netloc, "Content-Type": _PROTOCOLS[service], "X-Amz-Target": operation}
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())  # AWS refuses a time that differs much from its own
    headers = {**sign(headers, body, service, region, credentials, now), **trace_header()}
    with closing(_connection(address.scheme, address.netloc)) as connection:
        connection.connect()
        connection.sock.settimeout(READ_SECONDS)
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def _connection(scheme: str, host: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, timeout=CONNECT_SECONDS)
    return HTTPSConnection(host, timeout=CONNECT_SECONDS, context=public_authorities())


def trace_header() -> dict[str, str]:
    """Return the header by which X-Ray links a queue message to its sender and Lambda recognizes endless loops.

    botocore's clients send the same header. Outside Lambda there is none.
    """
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    is_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    return {"X-Amzn-Trace-Id": quote(trace, safe="-=;:+&[]{}\"',")} if trace and is_lambda else {}


def _identity() -> tuple[Credentials, str]:
    """Return credentials and region. Lambda's environment has both; elsewhere botocore searches for them."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if region and key and secret:
        return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN", "")), region
    from botocore.session import get_session

    configured = get_session()
    found = configured.get_credentials()
    region = region or configured.get_config_variable("region")
    if not (found and region):
        raise AwsRefused("no AWS credentials or no region")
    frozen = found.get_frozen_credentials()
    return Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token or ""), str(region)
