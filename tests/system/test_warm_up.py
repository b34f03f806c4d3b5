"""The warm-up of the chat page over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.people import OUR_PAGE, People
from tests.support.running_cloud import RunningCloud, start_cloud
from tests.support.waiting import wait_until


def described(cloud: RunningCloud) -> int:
    return int(httpx.get(f"{cloud.addresses['gemini']}/admin/models").json()["descriptions"])


def generated(cloud: RunningCloud) -> int:
    return len(httpx.get(f"{cloud.addresses['gemini']}/admin/requests").json())


@pytest.fixture
def cold(tmp_path: Path) -> Iterator[RunningCloud]:
    """A cloud of its own, whose streaming function has not answered yet."""
    cloud = start_cloud(tmp_path)
    yield cloud
    assert cloud.stop() == 0


def test_streaming_function_prepares_for_the_first_reply_and_generates_nothing(cold: RunningCloud) -> None:
    people = People(cold)
    try:
        person = people.member()
        answer = person.http.post("/chat/warm-up", headers=OUR_PAGE)
        assert (answer.status_code, answer.content) == (204, b"")
        # On a busy machine the import takes longer than the route waits; it goes on, and the failure is logged.
        wait_until(lambda: described(cold) == 1, "the model is described")
        assert generated(cold) == 0
        for _ in range(3):  # the same process: its connection is still open
            assert person.http.post("/chat/warm-up", headers=OUR_PAGE).status_code == 204
        assert described(cold) == 1
        failures = [line for line in cold.log.read_text().splitlines() if "warm-up failed" in line]
        assert [line for line in failures if "reason=TimeoutError" not in line] == []
        with person.stream("Oi") as events:
            assert [name for name, _ in events][-1] == "done"
    finally:
        people.close()


def test_anonymous_caller_and_other_origin_prepare_nothing(cold: RunningCloud) -> None:
    people = People(cold)
    try:
        refused = people.stranger().http.post("/chat/warm-up", headers=OUR_PAGE)
        assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
        foreign = people.member().http.post("/chat/warm-up", headers={"sec-fetch-site": "cross-site"})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "cross_origin")
        assert described(cold) == 0
    finally:
        people.close()


def test_failed_warm_up_is_logged_and_answered(cold: RunningCloud) -> None:
    httpx.put(f"{cold.addresses['gemini']}/admin/models", json={"models": []}).raise_for_status()
    people = People(cold)
    try:
        assert people.member().http.post("/chat/warm-up", headers=OUR_PAGE).status_code == 204
        assert "warm-up failed" in cold.log.read_text()
    finally:
        people.close()
