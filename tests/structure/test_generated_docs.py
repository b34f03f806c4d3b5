"""The papers that repeat what code says are as fresh as the code."""

import pytest

from docs.generate import QUEUES, papers
from falaai import queue_messages
from falaai.queue_messages import QueueMessage
from tests.support.paths import ROOT

PAPERS = papers()


@pytest.mark.parametrize("name", PAPERS)
def test_paper_is_fresh(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAPERS[name], f"docs/{name} is stale; run make docs"


def test_every_queue_message_has_its_paper() -> None:
    kinds = {one for one in vars(queue_messages).values() if isinstance(one, type) and issubclass(one, QueueMessage)}
    assert kinds - {QueueMessage} == set(QUEUES)
    assert all(f"## {kind.__name__}\n" in PAPERS["queue-messages.md"] for kind in QUEUES)
