"""AWS on this machine: moto's server for SQS, S3 and the rest, holding the template's queues and buckets."""

import asyncio
import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from devcloud.errors import StartError
from devcloud.intrinsics import REGION
from devcloud.processes import Child, clean_environment, first_of, start_child
from devcloud.template import Queue, Template
from devcloud.threads import in_thread

_ADDRESS = re.compile(r"Running on (http://[\d.]+:\d+)")
_IMPORT_ROOT = str(Path(__file__).parents[1])
_NOT_ATTRIBUTES = {"QueueName", "Tags"}


class Aws:
    """The endpoint and the credentials that devcloud and the functions use alike."""

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
        """What a function needs to reach it."""
        token = {"AWS_SESSION_TOKEN": self._token} if self._token else {}
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            **token,
        }

    def client(self, service: str) -> Any:
        """A boto3 client; its clients are safe to share between threads."""
        # Any service name is allowed here, so none of boto3's many typed overloads fits.
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self._key,
            aws_secret_access_key=self._secret,
            aws_session_token=self._token or None,
            config=Config(retries={"total_max_attempts": 2}, max_pool_connections=50, connect_timeout=5),
        )

    async def start(self, folder: Path, host: str) -> None:
        """Starts moto's server on `host`, unless .env names another endpoint."""
        if self.is_real:
            return
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def look(line: str) -> None:
            if (match := _ADDRESS.search(line)) and not address.done():
                address.set_result(match[1])

        self.child = await start_child(
            [sys.executable, "-m", "devcloud.moto_server", host],
            environment=clean_environment({"PYTHONPATH": _IMPORT_ROOT, "MOTO_DISABLE_GLOBAL_CORS": "true"}),
            folder=folder,
            on_line=look,
        )
        self.endpoint = await first_of(self.child, address) or ""
        if not self.endpoint:
            raise StartError(f"moto's server ended while starting: {' '.join(list(self.child.tail)[-1:])}")

    async def create(self, template: Template) -> dict[str, str]:
        """Makes the template's buckets and queues; gives each queue's address by its logical id."""
        try:
            return await in_thread(self._create, template)
        except (BotoCoreError, ClientError) as error:
            raise StartError(f"AWS at {self.endpoint} could not make the template's resources: {error}") from error

    async def stop(self) -> None:
        # It holds nothing that is kept, and a long poll would delay its own way of ending.
        if self.child is not None:
            await self.child.end(grace=0)

    def _create(self, template: Template) -> dict[str, str]:
        s3, sqs = self.client("s3"), self.client("sqs")
        for bucket in template.buckets:
            self._create_bucket(s3, bucket)
        # A dead-letter queue must exist before the queue that names it.
        ordered = sorted(template.queues, key=lambda queue: "RedrivePolicy" in queue.properties)
        return {
            queue.logical_id: sqs.create_queue(QueueName=queue.name, Attributes=_attributes(queue))["QueueUrl"]
            for queue in ordered
        }

    def _create_bucket(self, s3: Any, bucket: str) -> None:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        # An endpoint of .env keeps them from one start to the next.
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
            s3.create_bucket(Bucket=bucket, **({} if self.region == REGION else elsewhere))


def _attributes(queue: Queue) -> dict[str, str]:
    """A queue's CloudFormation properties as the attributes of SQS's own API."""
    return {name: _attribute(value) for name, value in queue.properties.items() if name not in _NOT_ATTRIBUTES}


def _attribute(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict) else str(value)
