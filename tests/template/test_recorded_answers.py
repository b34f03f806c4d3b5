"""Recorded answers of AWS are those that its service model allows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.recorded_answers import query_xml, rest_json

DETAIL: dict[str, Any] = {
    "LogicalResourceId": "Monitoring",
    "ResourceType": "AWS::CloudFormation::Stack",
    "LastUpdatedTimestamp": datetime(2026, 1, 2, tzinfo=UTC),
    "ResourceStatus": "CREATE_COMPLETE",
}


def test_answer_of_the_models_shape_is_made() -> None:
    assert b"<LogicalResourceId>Monitoring<" in query_xml(
        "cloudformation", "DescribeStackResource", {"StackResourceDetail": DETAIL}
    )
    assert rest_json("lambda", "GetAccountSettings", {"AccountLimit": {"ConcurrentExecutions": 10}})


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ({**DETAIL, "Status": "x"}, "Unknown parameter"),
        ({name: one for name, one in DETAIL.items() if name != "ResourceType"}, "Missing required parameter"),
        ({**DETAIL, "ResourceType": 3}, "Invalid type"),
    ],
)
def test_answer_of_another_shape_fails(detail: dict[str, Any], reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        query_xml("cloudformation", "DescribeStackResource", {"StackResourceDetail": detail})


def test_answer_of_json_services_is_checked_too() -> None:
    with pytest.raises(AssertionError, match="Unknown parameter"):
        rest_json("lambda", "GetAccountSettings", {"Limits": {}})
