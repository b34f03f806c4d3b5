"""What template.yaml promises."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from devcloud.intrinsics import parse
from devcloud.template import read_template
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from falaai_chat.streaming_application import build as stream_application
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
    chat = TEMPLATE.functions["ChatFunction"]
    assert 29 > chat.timeout > 25 > float(chat.variables["MESSAGE_SECONDS"])
    stream = TEMPLATE.functions["ChatStreamFunction"]
    (route,) = (route for route in TEMPLATE.routes if route.function == "ChatStreamFunction")
    assert stream.timeout > route.timeout_ms / 1000 > float(stream.variables["STREAM_SECONDS"])


def test_stream_is_the_same_folder_behind_the_web_adapter() -> None:
    stream = TEMPLATE.functions["ChatStreamFunction"]
    assert (stream.handler, stream.folder) == ("run.sh", TEMPLATE.functions["ChatFunction"].folder)
    assert stream.variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/bootstrap"
    assert (stream.folder / "run.sh").stat().st_mode & 0o111 == 0o111
    routes = [(route.method, route.path, route.streams) for route in TEMPLATE.routes if route.streams]
    assert routes == [("POST", "/chat/stream", True)]
    assert {("POST", "/chat/stream"), ("GET", "/health")} == routes_of(stream_application().app)


def test_pictures_reach_the_browser_as_bytes() -> None:
    assert TEMPLATE.binary_media_types == ["*/*"]


def test_sweep_is_scheduled() -> None:
    (schedule,) = TEMPLATE.schedules
    assert schedule.function == "CleanupFunction"


def test_no_function_may_touch_everything_of_anything() -> None:
    raw = parse((ROOT / "template.yaml").read_text())
    functions = [one["Properties"] for one in raw["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    statements = [part for one in functions for policy in one["Policies"] for part in policy.get("Statement", [])]
    assert len(statements) > 10
    for statement in statements:
        resource = str(statement["Resource"])
        assert resource.replace("/pictures/*", "").count("*") == 0, resource
        assert "*" not in str(statement["Action"])
