"""What template.yaml promises."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from devcloud.template import read_template
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from tests.conftest import ROOT

TEMPLATE = read_template(Path(ROOT / "template.yaml"))
QUEUES = {queue.logical_id: queue.properties for queue in TEMPLATE.queues}
SOURCES = [name for name in QUEUES if not name.endswith("DeadLetterQueue")]


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}


@pytest.mark.parametrize(("function", "app"), [("AuthFunction", build_auth()), ("ChatFunction", build_chat())])
def test_routes_of_template_and_app_are_the_same(function: str, app: FastAPI) -> None:
    in_template = {(route.method.upper(), route.path) for route in TEMPLATE.routes if route.function == function}
    assert in_template == routes_of(app)


@pytest.mark.parametrize("name", SOURCES)
def test_queue_has_a_dead_letter_queue_of_its_own_that_keeps_for_14_days(name: str) -> None:
    redrive = QUEUES[name]["RedrivePolicy"]
    own = name.replace("Queue", "DeadLetterQueue")
    assert str(redrive["deadLetterTargetArn"]).endswith(own)
    assert redrive["maxReceiveCount"] == (8 if name == "LettersQueue" else 5)
    assert QUEUES[own]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


@pytest.mark.parametrize("trigger", TEMPLATE.queue_triggers, ids=lambda trigger: trigger.function)
def test_visibility_is_six_times_the_timeout_and_batches_fail_in_parts(trigger: Any) -> None:
    timeout = TEMPLATE.functions[trigger.function].timeout
    assert QUEUES[trigger.queue]["VisibilityTimeout"] == 6 * timeout
    assert trigger.reports_batch_item_failures


def test_every_source_queue_feeds_one_function() -> None:
    assert sorted(trigger.queue for trigger in TEMPLATE.queue_triggers) == sorted(SOURCES)


def test_gateway_waits_longer_than_the_function_and_the_function_longer_than_gemini() -> None:
    from falaai_chat.replies import ANSWER_SECONDS

    assert 29 > TEMPLATE.functions["ChatFunction"].timeout > 25 > ANSWER_SECONDS


def test_pictures_reach_the_browser_as_bytes() -> None:
    assert TEMPLATE.binary_media_types == ["*/*"]


def test_sweep_is_scheduled() -> None:
    (schedule,) = TEMPLATE.schedules
    assert schedule.function == "CleanupFunction"
