"""Requests to AWS in its JSON protocol, with botocore's signer and connections but without its clients.

boto3 and one client take 0.15 s to import and to build (docs/performance.md). Every cold start would wait for that to
read its secrets, and a new person's first reply once more to ask for a title.
"""

import json
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.httpsession import URLLib3Session

ATTEMPTS = 3
PAUSE_SECONDS = 0.2
CONNECT_SECONDS = 1
READ_SECONDS = 2
# What AWS says when a later try may succeed, beside any 5xx.
_BUSY = ("ThrottlingException", "TooManyUpdates", "RequestThrottled", "RequestLimitExceeded")
_PROTOCOLS = {"ssm": "application/x-amz-json-1.1", "sqs": "application/x-amz-json-1.0"}


class AwsRefused(Exception):
    """AWS's own word for why it does not do this, or the network's."""


def ask_aws(service: str, operation: str, **body: Any) -> dict[str, Any]:
    """The answer to an operation as AWS names it, such as AmazonSSM.GetParameter. Raises AwsRefused.

    Tried again when AWS is busy or does not answer, so that it may be done twice.
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
            time.sleep(PAUSE_SECONDS * attempt)
    raise AwsRefused(reason)


def _try(service: str, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and answer; 0 if there was none."""
    from botocore.exceptions import BotoCoreError

    try:
        response = session().send(_signed(service, operation, body))
        return response.status_code, json.loads(response.content)
    except BotoCoreError as error:
        return 0, {"__type": type(error).__name__}
    except ValueError:  # not JSON: something between here and AWS answered
        return response.status_code, {}


def _signed(service: str, operation: str, body: dict[str, Any]) -> "AWSPreparedRequest":
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials, region = _identity()
    endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    url = f"{(endpoint or f'https://{service}.{region}.amazonaws.com').rstrip('/')}/"
    headers = {"Content-Type": _PROTOCOLS[service], "X-Amz-Target": operation}
    request = AWSRequest("POST", url, data=json.dumps(body).encode(), headers=headers)
    SigV4Auth(credentials, service, region).add_auth(request)
    return request.prepare()


@cache
def session() -> "URLLib3Session":
    """The process's connections to AWS."""
    from botocore.httpsession import URLLib3Session

    return URLLib3Session(timeout=(CONNECT_SECONDS, READ_SECONDS))  # type: ignore[arg-type]  # its stub knows one


def _identity() -> tuple[Any, str]:
    """Return credentials and region. Lambda's environment has both; elsewhere botocore searches for them."""
    from botocore.credentials import EnvProvider

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    credentials = EnvProvider().load()
    if credentials and region:
        return credentials, region
    from botocore.session import get_session

    configured = get_session()
    credentials, region = configured.get_credentials(), region or configured.get_config_variable("region")
    if not (credentials and region):
        raise AwsRefused("no AWS credentials or no region")
    return credentials, str(region)
