"""AWS emulator: run moto's server (SQS, S3, SSM …) and create the template's queues and buckets in it."""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from devcloud.action_record import VARIABLE
from devcloud.concurrency import to_thread
from devcloud.errors import StartError
from devcloud.http_server import free_port, wait_until_accepting
from devcloud.intrinsics import REGION
from devcloud.processes import IMPORT_ROOT, Child, clean_environment, start_child, wait_unless_exited
from devcloud.template import Queue, Template

_NOT_ATTRIBUTES = {"QueueName", "Tags"}


class Aws:
    """AWS endpoint and credentials for devcloud and the functions: those of .env, or those of moto's server."""

    def __init__(self, dotenv: dict[str, str]) -> None:
        self.endpoint = dotenv.get("AWS_ENDPOINT_URL", "")
        self.is_real = bool(self.endpoint)
        self.region = dotenv.get("AWS_REGION", dotenv.get("AWS_DEFAULT_REGION", REGION))
        self._key = dotenv.get("AWS_ACCESS_KEY_ID", "devcloud")
        self._secret = dotenv.get("AWS_SECRET_ACCESS_KEY", "devcloud")
        self._token = dotenv.get("AWS_SESSION_TOKEN", "")
        self.child: Child | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which a function reaches the endpoint."""
        token = {"AWS_SESSION_TOKEN": self._token} if self._token else {}
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            **token,
        }

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        """Create a boto3 client. Threads may share it. `credentials` are the variables with the keys of a role."""
        keys = {**self.environment, **(credentials or {})}
        # boto3 types its overloads by literal service names; `service` is any string.
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=Config(retries={"total_max_attempts": 2}, max_pool_connections=50, connect_timeout=5),
        )

    async def start(self, folder: Path, host: str, roles: Path | None = None) -> None:
        """Start moto's server on `host`, unless .env sets AWS_ENDPOINT_URL. Raises StartError.

        `roles` is the file of the functions' roles, which must be complete before a function runs.
        """
        if self.is_real:
            return
        port = free_port(host)
        self.child = await start_child(
            [sys.executable, "-m", "devcloud.moto_server", host, str(port), *([str(roles)] if roles else [])],
            environment=clean_environment(
                {
                    "PYTHONPATH": IMPORT_ROOT,
                    "MOTO_DISABLE_GLOBAL_CORS": "true",
                    VARIABLE: os.environ.get(VARIABLE, ""),
                }
            ),
            folder=folder,
        )
        self.endpoint = f"http://{host}:{port}"
        if not await wait_unless_exited(self.child, wait_until_accepting(host, port)):
            raise StartError(
                f"The AWS emulator (moto) stopped while starting: {' '.join(list(self.child.tail)[-1:])}"
            )

    async def create(self, template: Template) -> dict[str, str]:
        """Create the template's buckets and queues. Returns queue URLs by logical id; raises StartError."""
        try:
            return await to_thread(self._create, template)
        except (BotoCoreError, ClientError) as error:
            raise StartError(f"AWS at {self.endpoint} could not create the template's resources: {error}") from error

    async def stop(self) -> None:
        # Kill it at once: it stores nothing permanently, and a long poll would delay a clean exit.
        if self.child is not None:
            await self.child.end(grace=0)

    def _create(self, template: Template) -> dict[str, str]:
        s3, sqs = self.client("s3"), self.client("sqs")
        for bucket in template.buckets:
            self._create_bucket(s3, bucket)
            if rules := template.cors_rules.get(bucket):
                s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        # A dead-letter queue must exist before the queue that names it.
        ordered = sorted(template.queues, key=lambda queue: "RedrivePolicy" in queue.properties)
        return {
            queue.logical_id: sqs.create_queue(QueueName=queue.name, Attributes=_attributes(queue))["QueueUrl"]
            for queue in ordered
        }

    def _create_bucket(self, s3: Any, bucket: str) -> None:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        # An endpoint from .env keeps its buckets between starts.
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
            s3.create_bucket(Bucket=bucket, **({} if self.region == REGION else elsewhere))


def _attributes(queue: Queue) -> dict[str, str]:
    """Convert a queue's CloudFormation properties to attributes of the SQS API."""
    return {name: _attribute(value) for name, value in queue.properties.items() if name not in _NOT_ATTRIBUTES}


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)
