"""A queue of the AWS emulator with its dead-letter queue, which falaai's workers use."""

import json
from collections.abc import Iterator

import pytest

from falaai import database as databases
from falaai import settings
from tests.support.databases import environment
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.worked_queues import WorkedQueue, most_receives


@pytest.fixture
def queue(
    cloud: RunningCloud, where: settings.DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WorkedQueue]:
    sqs = aws_client(cloud, "sqs")
    dead = sqs.create_queue(QueueName="TestDeadLetterQueue")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": most_receives("TitlesQueue")}
    url = sqs.create_queue(QueueName="TestQueue", Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    monkeypatch.setenv("QUEUE_URL", url)
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead)
    for name, value in environment(where).items():
        if name.startswith("DB_"):
            monkeypatch.setenv(name, value)
    caches = (settings.read, databases.database)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(cloud.addresses["aws"]))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    yield WorkedQueue(sqs, url, dead)
    for cache in caches:
        cache.cache_clear()
    for one in (url, dead):
        sqs.delete_queue(QueueUrl=one)
