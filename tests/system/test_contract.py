"""Generated requests to the routes in the OpenAPI documents of the web functions: no 5xx, and every answer
as documented."""

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from falaai_attachments.application import build as build_attachments
from falaai_auth.application import build as build_auth
from falaai_chat.application import build as build_chat
from tests.support.people import People

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
# `make test` takes a sample; `make test-faults` takes more.
EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
auth = schemathesis.openapi.from_dict(build_auth().openapi())
# A request that signs out or deletes the account would fail the requests after it.
signed_in = schemathesis.openapi.from_dict(build_chat().openapi())
attachments = schemathesis.openapi.from_dict(build_attachments().openapi())
tries = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def check(case: Any, people: People) -> None:
    if not hasattr(people, "tester"):
        people.tester = people.member()  # type: ignore[attr-defined]
    http = people.tester.http  # type: ignore[attr-defined]
    case.call_and_validate(
        base_url=str(http.base_url),
        headers={"origin": http.headers["origin"]},
        cookies=dict(http.cookies),
        checks=CHECKS,
    )


@auth.parametrize()
@tries
def test_auth(case: Any, people: People) -> None:
    check(case, people)


@signed_in.parametrize()
@tries
def test_chat(case: Any, people: People) -> None:
    check(case, people)


@attachments.parametrize()
@tries
def test_attachments(case: Any, people: People) -> None:
    check(case, people)
