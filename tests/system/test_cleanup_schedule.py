"""The sweep as it is deployed: previewed by an operator, asked for by its queue, invoked by its schedule."""

import os
import subprocess
import sys

from tests.support.paths import ROOT
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud
from tests.support.services import aws_client
from tests.support.waiting import HANG_SECONDS, wait_until


def test_preview_tells_and_the_queue_sweeps(cloud: RunningCloud, product: Rows) -> None:
    product.conversation(product.user("sumida@exemplo.com.br"), "velha", "resposta", days_old=91)
    said = subprocess.run(
        [sys.executable, "-m", "operations.cleanup_preview"],
        cwd=ROOT,
        env={**os.environ, "DEVCLOUD_DATA": str(cloud.data)},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert said.returncode == 0, said.stderr
    told = {kind: int(count) for count, kind in (line.split() for line in said.stdout.splitlines())}
    assert told["conversations"] >= 1
    assert told["messages"] >= 2
    assert "pictures" in told
    old = "SELECT COUNT(*) FROM conversas WHERE data_atualizacao < UTC_TIMESTAMP(6) - INTERVAL 90 DAY"
    assert product.value(old) == told["conversations"]
    sqs = aws_client(cloud, "sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="CleanupQueue")["QueueUrl"], MessageBody="{}")
    wait_until(lambda: product.value(old) == 0, "the old conversation is deleted")


def test_schedule_invokes_the_cleanup(cloud: RunningCloud) -> None:
    assert "pictures" in cloud.invoke("CleanupFunction", {"source": "aws.scheduler", "detail": "{}"})
