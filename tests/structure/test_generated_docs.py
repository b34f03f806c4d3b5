"""The generated docs agree with the code."""

import pytest

from docs.generate import QUEUES, generated_docs
from falaai import queue_messages
from falaai.queue_messages import QueueMessage
from tests.support.paths import ROOT

GENERATED = generated_docs()


@pytest.mark.parametrize("name", GENERATED)
def test_generated_document_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == GENERATED[name], f"docs/{name} is outdated; run make docs"


def test_every_queue_message_is_documented() -> None:
    kinds = {one for one in vars(queue_messages).values() if isinstance(one, type) and issubclass(one, QueueMessage)}
    assert kinds - {QueueMessage} == set(QUEUES)
    assert all(f"## {kind.__name__}\n" in GENERATED["queue-messages.md"] for kind in QUEUES)
