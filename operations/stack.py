"""Clients and names of resources: of the AWS stack that STACK names, or without it of the devcloud that runs here."""

import json
import os
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ADDRESSES = Path(os.environ.get("DEVCLOUD_DATA", ".devcloud")) / "addresses.json"


def client(service: str, config: Config | None = None) -> Any:
    """Return a boto3 client for the stack's account, or for devcloud."""
    if os.environ.get("STACK"):
        return boto3.client(service, config=config)  # type: ignore[call-overload]
    if not ADDRESSES.exists():
        raise SystemExit("no devcloud is running here; start it with make run, or name a stack: STACK=falaai-prod")
    addresses = json.loads(ADDRESSES.read_text())
    return boto3.client(  # type: ignore[call-overload]
        service,
        config=config,
        endpoint_url=addresses["lambda" if service == "lambda" else "aws"],
        region_name="us-east-1",
        aws_access_key_id="devcloud",
        aws_secret_access_key="devcloud",  # noqa: S106 - devcloud's own, of no use elsewhere
    )


def physical_id(logical_id: str) -> str:
    """Return a queue's URL or a function's name for a logical id of the template."""
    if stack := os.environ.get("STACK"):
        found = client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])
    if logical_id.endswith("Queue"):
        return str(client("sqs").get_queue_url(QueueName=logical_id)["QueueUrl"])
    return logical_id
