"""Secrets kept in SSM: one request each, signed by botocore, without botocore's clients.

Every cold start reads some, and boto3 with a client of SSM takes 0.15 s to import and to build (docs/performance.md).
"""

import http.client
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

ATTEMPTS = 3
PAUSE_SECONDS = 0.2
SOCKET_SECONDS = 2
# What SSM says when a later try may succeed, beside any 5xx.
_BUSY = ("ThrottlingException", "TooManyUpdates", "RequestLimitExceeded")


class ParameterUnreadable(Exception):
    """SSM does not give this parameter; the reason is SSM's word for it, or the network's."""


def get_parameter(name: str) -> str:
    """The decrypted value. Raises ParameterUnreadable."""
    reason = ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            status, answer = _ask({"Name": name, "WithDecryption": True})
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = type(error).__name__
        else:
            if status == 200:
                return str(answer["Parameter"]["Value"])
            reason = str(answer.get("__type", status)).rpartition("#")[2]
            if status < 500 and reason not in _BUSY:
                break
        if attempt < ATTEMPTS:
            time.sleep(PAUSE_SECONDS * attempt)
    raise ParameterUnreadable(reason)


def _ask(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials, region = _identity()
    given = os.environ.get("AWS_ENDPOINT_URL_SSM") or os.environ.get("AWS_ENDPOINT_URL")
    place = urlsplit(given or f"https://ssm.{region}.amazonaws.com")
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"}
    request = AWSRequest("POST", f"{place.scheme}://{place.netloc}/", data=json.dumps(body).encode(), headers=headers)
    SigV4Auth(credentials, "ssm", region).add_auth(request)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=SOCKET_SECONDS)
    try:
        connection.request("POST", "/", request.body, dict(request.headers.items()))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def _identity() -> tuple[Any, str]:
    """Credentials and region: Lambda's environment has them, or where to fetch them, if the process comes from a
    snapshot; on an operator's machine they are wherever boto3 would look."""
    from botocore.credentials import ContainerProvider, CredentialResolver, EnvProvider

    credentials = CredentialResolver([EnvProvider(), ContainerProvider()]).load_credentials()
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if credentials and region:
        return credentials, region
    from botocore.session import get_session

    session = get_session()
    credentials, region = credentials or session.get_credentials(), region or session.get_config_variable("region")
    if not (credentials and region):
        raise ParameterUnreadable("no AWS credentials or no region")
    return credentials, str(region)
