"""Requests to SQS and SSM in AWS's JSON protocol, with botocore's signer and connections but without its clients.

boto3 and one client take 0.15 s to import and to build (docs/performance.md). Every cold start would wait for that to
read its secrets, and a new user's first reply once more to send a queue message.
"""

import json
import os
import secrets
import time
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.httpsession import URLLib3Session

ATTEMPTS = 4
# Longest pause before the second attempt; each further one doubles it. The pause itself is random, so that functions
# which start together do not ask together again. Callers limit the total.
PAUSE_SECONDS = 0.4
CONNECT_SECONDS = 1
READ_SECONDS = 2
# Error types after which a later attempt may succeed, as after any 5xx.
_BUSY = ("ThrottlingException", "TooManyUpdates", "RequestThrottled", "RequestLimitExceeded")
_PROTOCOLS = {"ssm": "application/x-amz-json-1.1", "sqs": "application/x-amz-json-1.0"}


class AwsRefused(Exception):
    """AWS refused a request or did not answer it. The message is AWS's error type, or the network's."""


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
    from botocore.exceptions import BotoCoreError

    try:
        response = session().send(_signed(service, operation, body))
        return response.status_code, json.loads(response.content)
    except BotoCoreError as error:
        return 0, {"__type": type(error).__name__}
    except ValueError:  # not JSON, so a proxy answered and not AWS
        return response.status_code, {}


def _signed(service: str, operation: str, body: dict[str, Any]) -> "AWSPreparedRequest":
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials, region = _identity()
    endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    url = f"{(endpoint or f'https://{service}.{region}.amazonaws.com').rstrip('/')}/"
    headers = {"Content-Type": _PROTOCOLS[service], "X-Amz-Target": operation, **trace_header()}
    request = AWSRequest("POST", url, data=json.dumps(body).encode(), headers=headers)
    SigV4Auth(credentials, service, region).add_auth(request)
    return request.prepare()


def trace_header() -> dict[str, str]:
    """Return the header by which X-Ray links a queue message to its sender and Lambda recognizes endless loops.

    botocore's clients send the same. It is empty outside Lambda.
    """
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    is_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
    return {"X-Amzn-Trace-Id": quote(trace, safe="-=;:+&[]{}\"',")} if trace and is_lambda else {}


@cache
def session() -> "URLLib3Session":
    """Return the process's connections to AWS."""
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
