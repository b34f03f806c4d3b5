"""Back from this state to the latest release: its template over this one, its code on this state's messages.

Its code on this state's database is in tests/faults/test_previous_release.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from falaai.queue_messages import (
    CleanupRequested,
    EmailRequested,
    QueueMessage,
    SummaryRequested,
    TitleRequested,
)
from tests.support.releases import latest_release, unpack
from tests.support.translation import of, translate
from tests.support.waiting import HANG_SECONDS

# Types that hold data or are the address, and the properties that make a new one of them if they change.
KEPT = {
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::ApiGateway::RestApi": (),
    "AWS::ApiGateway::DomainName": ("DomainName",),
}
MESSAGES: list[QueueMessage] = [
    TitleRequested(conversation_id=1),
    SummaryRequested(conversation_id=2),
    CleanupRequested(round=3),
    *(EmailRequested(kind=kind, user_id=4) for kind in ("verificar", "conta_existente", "senha", "senha_trocada")),
]
READ = """
import json, sys
from falaai import queue_messages
for kind, text in json.load(sys.stdin):
    getattr(queue_messages, kind).model_validate_json(text)
print("read")
"""


@pytest.fixture(scope="module")
def release(module_tmp_path: Path) -> Path:
    return unpack(latest_release(), module_tmp_path)


@pytest.fixture(scope="module")
def before(release: Path) -> dict[str, Any]:
    return dict(translate(root=release)["Resources"])


@pytest.fixture(scope="module")
def after() -> dict[str, Any]:
    return dict(translate()["Resources"])


@pytest.mark.parametrize("kind", KEPT)
def test_nothing_that_holds_data_is_replaced_on_the_way_back(
    before: dict[str, Any], after: dict[str, Any], kind: str
) -> None:
    now = dict(of(after, kind))
    there = dict(of(before, kind))
    assert there
    for name, properties in there.items():
        assert name in now, f"{name} was renamed or removed, so the way back would begin with an empty one"
        for replacing in KEPT[kind]:
            assert properties.get(replacing) == now[name].get(replacing), (name, replacing)


def test_stage_and_its_address_stay(before: dict[str, Any], after: dict[str, Any]) -> None:
    ((_, old),) = of(before, "AWS::ApiGateway::Stage")
    ((_, new),) = of(after, "AWS::ApiGateway::Stage")
    assert old["StageName"] == new["StageName"]


def test_release_reads_the_messages_that_wait_in_the_queues(release: Path) -> None:
    sent = json.dumps([(type(message).__name__, message.model_dump_json()) for message in MESSAGES])
    environment = {"PYTHONPATH": str(release / "layers/shared/python"), "PATH": os.environ["PATH"]}
    finished = subprocess.run(
        [sys.executable, "-c", READ],
        input=sent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert finished.stdout == "read\n", finished.stderr
