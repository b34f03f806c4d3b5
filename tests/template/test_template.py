"""Promises of template.yaml."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from devcloud.intrinsics import parse
from devcloud.template import read_template
from falaai.attachment_files import UPLOADS
from falaai.export_files import PREFIX
from falaai.repositories import exports
from falaai_admin.application import build as build_admin
from falaai_attachments.application import build as build_attachments
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from falaai_chat.application import build_stream as stream_application
from operations import replay
from scripts import arm64
from tests.support.paths import ROOT

TEMPLATE = read_template(Path(ROOT / "template.yaml"))
QUEUES = {queue.logical_id: queue.properties for queue in TEMPLATE.queues}
SOURCES = [name for name in QUEUES if not name.endswith("DeadLetterQueue")]


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}


@pytest.mark.parametrize(
    ("function", "app"),
    [
        ("AuthFunction", build_auth()),
        ("AdminFunction", build_admin()),
        ("ChatFunction", build_chat()),
        ("AttachmentsFunction", build_attachments()),
    ],
)
def test_routes_of_template_and_app_are_the_same(function: str, app: FastAPI) -> None:
    in_template = {(route.method.upper(), route.path) for route in TEMPLATE.routes if route.function == function}
    # The function's own answer to an unknown address.
    assert in_template - {("GET", "/{path+}")} == routes_of(app)


@pytest.mark.parametrize("name", SOURCES)
def test_queue_has_a_dead_letter_queue_of_its_own_that_keeps_for_14_days(name: str) -> None:
    redrive = QUEUES[name]["RedrivePolicy"]
    own = name.replace("Queue", "DeadLetterQueue")
    assert str(redrive["deadLetterTargetArn"]).endswith(own)
    assert redrive["maxReceiveCount"] == (8 if name == "EmailQueue" else 5)
    assert QUEUES[own]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_page_knows_the_last_try_of_an_export_and_its_time() -> None:
    """The page tells a failure by these numbers if the worker was killed."""
    assert QUEUES["ExportQueue"]["RedrivePolicy"]["maxReceiveCount"] == exports.MOST_ATTEMPTS
    assert TEMPLATE.functions["ExportFunction"].timeout == exports.ATTEMPT_SECONDS
    visible = QUEUES["ExportQueue"]["VisibilityTimeout"]
    assert exports.MOST_ATTEMPTS * visible < exports.LOST_HOURS * 3600


def test_bucket_deletes_archives_and_parts_that_the_cleanup_missed() -> None:
    rule, uploads = RAW["PicturesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert uploads == {"Status": "Enabled", "Prefix": UPLOADS, "ExpirationInDays": 1}
    assert (rule["Status"], rule["Prefix"]) == ("Enabled", PREFIX)  # pictures stay
    # S3 counts whole days after the first one, so no file goes before LIFE_HOURS.
    assert rule["ExpirationInDays"] * 24 == exports.LIFE_HOURS
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize(
    ("parameters", "origin"),
    [
        ({}, "*"),
        ({"PublicUrl": "https://fala.example.org"}, "https://fala.example.org"),
        ({"PublicUrl": "https://example.org/fala"}, "https://example.org"),
        ({"DomainName": "fala.example.org", "PublicUrl": "https://example.org"}, "https://fala.example.org"),
    ],
)
def test_bucket_takes_uploads_from_pages_of_the_configured_address(parameters: dict[str, str], origin: str) -> None:
    (rules,) = read_template(Path(ROOT / "template.yaml"), parameters=parameters).cors_rules.values()
    assert [(rule["AllowedMethods"], rule["AllowedOrigins"]) for rule in rules] == [(["POST"], [origin])]


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
    (route,) = (route for route in TEMPLATE.routes if route.path == "/chat/stream")
    assert stream.timeout > route.timeout_ms / 1000 > float(stream.variables["STREAM_SECONDS"])


def test_stream_is_the_same_folder_behind_the_web_adapter() -> None:
    stream = TEMPLATE.functions["ChatStreamFunction"]
    assert (stream.handler, stream.folder) == ("run.sh", TEMPLATE.functions["ChatFunction"].folder)
    assert stream.variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/bootstrap"
    assert (stream.folder / "run.sh").stat().st_mode & 0o111 == 0o111
    in_template = {(route.method, route.path) for route in TEMPLATE.routes if route.function == "ChatStreamFunction"}
    assert in_template | {("GET", "/health")} == routes_of(stream_application())


def test_all_routes_of_a_function_stream_or_none() -> None:
    """The invoke mode of the web adapter applies to all answers of a function."""
    streams = {name for name, one in TEMPLATE.functions.items() if one.variables.get("AWS_LWA_INVOKE_MODE")}
    assert streams == {"ChatStreamFunction"}
    assert {route.path: route.streams for route in TEMPLATE.routes} == {
        route.path: route.function in streams for route in TEMPLATE.routes
    }


def test_pictures_reach_the_browser_as_bytes() -> None:
    assert TEMPLATE.binary_media_types == ["*/*"]


def test_cleanup_is_scheduled() -> None:
    assert [(one.function, one.expression) for one in TEMPLATE.schedules] == [
        ("CleanupFunction", "cron(0 4 * * ? *)"),
        ("CleanupFunction", "rate(1 hour)"),
    ]


RAW = parse((ROOT / "template.yaml").read_text())["Resources"]
DATABASE_CONNECTIONS = 400  # what TiDB Cloud gives a cluster that costs nothing
SPARE_CONNECTIONS = 20  # for migrations and the operator


@pytest.mark.parametrize("name", TEMPLATE.functions)
def test_function_keeps_its_logs_for_a_month(name: str) -> None:
    group = RAW[RAW[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]]
    assert group["Properties"] == {"RetentionInDays": 30}
    assert {RAW[name].get("Condition"), group.get("Condition")} in ({None}, {"Streams"})


def most_at_once(name: str) -> int:
    """Invocations at the same time: reserved, or the sum of what its triggers may start."""
    reserved = TEMPLATE.functions[name].reserved_concurrency
    if reserved is not None:
        return reserved
    queues = [trigger.max_concurrency for trigger in TEMPLATE.queue_triggers if trigger.function == name]
    assert None not in queues, name
    assert [route for route in TEMPLATE.routes if route.function == name] == []
    return sum(filter(None, queues)) + sum(schedule.function == name for schedule in TEMPLATE.schedules)


def test_all_functions_together_fit_the_connections_of_the_database() -> None:
    # A stream's reader may ask for something else while its reply is generated.
    connections = {name: 2 if name == "ChatStreamFunction" else 1 for name in TEMPLATE.functions}
    total = sum(most_at_once(name) * each for name, each in connections.items())
    assert total <= DATABASE_CONNECTIONS - SPARE_CONNECTIONS


def test_burst_that_the_gateway_lets_through_finds_room_in_the_web_functions() -> None:
    web = {route.function for route in TEMPLATE.routes}
    assert TEMPLATE.throttle
    assert TEMPLATE.throttle.rate <= TEMPLATE.throttle.burst <= sum(most_at_once(name) for name in web)


def test_gateway_says_everything_with_the_same_headers() -> None:
    headers = {name: set(one["ResponseParameters"]["Headers"]) for name, one in TEMPLATE.gateway_responses.items()}
    assert headers["THROTTLED"] - headers["DEFAULT_4XX"] == {"Retry-After"}
    assert all(headers["DEFAULT_4XX"] <= one for one in headers.values())


def test_schedule_is_retried_a_few_times_and_then_a_dead_letter() -> None:
    cleanup = RAW["CleanupFunction"]["Properties"]
    daily, hourly = (cleanup["Events"][name]["Properties"] for name in ("Daily", "Hourly"))
    for retries in (daily["RetryPolicy"], hourly["RetryPolicy"], cleanup["EventInvokeConfig"]):
        assert retries["MaximumRetryAttempts"] <= 2
        assert retries["MaximumEventAgeInSeconds"] <= 3600
    failed = cleanup["EventInvokeConfig"]["DestinationConfig"]
    for place in (daily["DeadLetterConfig"], hourly["DeadLetterConfig"], failed):
        assert "CleanupDeadLetterQueue" in str(place)


def test_programs_know_every_queue_and_every_function() -> None:
    template = read_template(ROOT / "template.yaml")
    dead_letters = {name for name in template.queue_urls if name.endswith("DeadLetterQueue")}
    assert {f"{queue}DeadLetterQueue" for queue in replay.QUEUES} == dead_letters
    assert {*arm64.EVENTS, "ChatStreamFunction"} == set(template.functions)


def test_template_is_short_enough_to_be_read_whole() -> None:
    assert len((ROOT / "template.yaml").read_text().splitlines()) <= 750


def test_streaming_server_keeps_connections_longer_than_the_adapter_reuses_them() -> None:
    (seconds,) = re.findall(r"--timeout-keep-alive (\d+)", (ROOT / "functions/chat/run.sh").read_text())
    assert int(seconds) > 4  # of the adapter's pool
