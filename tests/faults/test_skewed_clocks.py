"""Functions whose own clock is an hour off, and set to São Paulo, against a database whose clock is right."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lambda_process import LambdaProcess, http_event
from tests.support.people import PASSWORD, People, Person, signed_in
from tests.support.rows import Rows
from tests.support.running_cloud import RunningCloud

MINUTE = 60
# Between writing a row and looking at it, on a busy machine; the clocks differ by an hour.
SLACK = 10 * MINUTE


def _library() -> str:
    found = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.fail("libfaketime is missing; `make test` installs it")
    return str(found[0])


class Skewed:
    """Functions of a running devcloud, each as a process of its own with its clock put wrong."""

    def __init__(self, cloud: RunningCloud, by: int) -> None:
        self._cloud = cloud
        self._by = by
        self._running: list[LambdaProcess] = []

    def call(self, function: str, event: dict[str, Any]) -> Any:
        pid = self._cloud.function_processes(function)[0]
        wrong = {"LD_PRELOAD": _library(), "FAKETIME": f"{self._by:+}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        process = LambdaProcess(pid, clock_ahead=self._by, TZ="America/Sao_Paulo", **wrong)
        self._running.append(process)
        return process.invoke(event)[1]

    def stop(self) -> None:
        for process in self._running:
            process.stop()


@pytest.fixture(params=[-60 * MINUTE, 60 * MINUTE], ids=["an hour behind", "an hour ahead"])
def skewed(cloud: RunningCloud, request: pytest.FixtureRequest) -> Iterator[Skewed]:
    functions = Skewed(cloud, request.param)
    yield functions
    functions.stop()


def _post(person: Person, path: str, **body: Any) -> dict[str, Any]:
    headers = {"content-type": "application/json", "origin": str(person.http.base_url).rstrip("/")}
    return http_event("POST", path, body=json.dumps(body), **headers)


def _seconds_left(product: Rows, table: str, column: str, email: str) -> int:
    """Of the newest row of a person, by the database's clock."""
    return int(
        product.value(
            f"SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), t.{column}) FROM {table} t"
            " JOIN usuarios u ON u.id = t.id_usuario WHERE u.email = %s ORDER BY t.expira_em DESC LIMIT 1",
            email,
        )
    )


def test_unused_session_lives_seven_days_from_now(skewed: Skewed, people: People, product: Rows) -> None:
    member = people.member()
    answer = skewed.call("AuthFunction", _post(member, "/login", email=member.email, senha=PASSWORD))
    assert answer["statusCode"] == 200, answer
    name, value = answer["headers"]["set-cookie"].split(";")[0].split("=", 1)
    member.http.cookies.set(name, value, domain="127.0.0.1")
    assert signed_in(member)
    left = _seconds_left(product, "sessoes", "expira_em", member.email)
    assert abs(left - 7 * 24 * 60 * MINUTE) < SLACK


def test_link_lives_an_hour_from_now(skewed: Skewed, people: People, product: Rows, cloud: RunningCloud) -> None:
    member = people.member()
    user = product.value("SELECT id FROM usuarios WHERE email = %s", member.email)
    record = {
        "messageId": "1",
        "receiptHandle": "none",
        "body": json.dumps({"letter": "senha", "user_id": user}),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1000))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:EmailQueue",
        "awsRegion": "us-east-1",
    }
    assert skewed.call("EmailFunction", {"Records": [record]}) == {"batchItemFailures": []}
    assert len(cloud.emails_to(member.email)) == 1
    assert abs(_seconds_left(product, "tokens", "expira_em", member.email) - 60 * MINUTE) < SLACK
