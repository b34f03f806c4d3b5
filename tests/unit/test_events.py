"""The events that `sam local invoke` is given are what the workers get."""

import json
import time

import pytest

from falaai.batches import COMMIT_GRACE_SECONDS
from falaai.queue_messages import EmailRequested, ExportRequested, QueueMessage, SummaryRequested, TitleRequested
from tests.support.paths import ROOT

MESSAGES = {
    "titles": TitleRequested,
    "memory": SummaryRequested,
    "email": EmailRequested,
    "export": ExportRequested,
}


@pytest.mark.parametrize(("worker", "message"), MESSAGES.items())
def test_event_holds_one_message_old_enough_for_its_row_to_be_there(worker: str, message: type[QueueMessage]) -> None:
    (record,) = json.loads((ROOT / f"tests/events/{worker}.json").read_text())["Records"]
    message.model_validate_json(record["body"])
    assert time.time() - int(record["attributes"]["SentTimestamp"]) / 1000 > COMMIT_GRACE_SECONDS
