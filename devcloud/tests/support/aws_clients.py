"""Clients of a running devcloud."""

from typing import Any

import boto3
from botocore.config import Config

from running_devcloud import RunningDevcloud
from waiting import HANG_SECONDS


def client_of(service: str, cloud: RunningDevcloud) -> Any:
    """Create a boto3 client that asks once. Its credentials are those of no function, so no role limits it."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.addresses["lambda" if service == "lambda" else "aws"],
        region_name="us-east-1",
        aws_access_key_id="owner",
        aws_secret_access_key="owner",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=HANG_SECONDS),
    )
