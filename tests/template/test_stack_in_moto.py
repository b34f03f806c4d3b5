"""The translated stack, made by an AWS that is moto: CloudFormation takes it, and its parts are there."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.translation import monitoring, of, translate

# moto's CloudFormation makes neither these nor (silently) alarms, dashboards and schedules.
NOT_IN_MOTO = (
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::BasePathMapping",
)
PARAMETERS = {"DbHost": "db.test", "DbUser": "falaai", "EmailUser": "falaai@localhost.test"}

pytestmark = pytest.mark.filterwarnings("ignore")


def client(service: str, region: str = "us-east-1") -> Any:
    credentials = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
    return boto3.client(service, region_name=region, **credentials)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, Any]]:
    """The translated resources, while the stack made of them stands."""
    template = translate()
    resources = {name: one for name, one in template["Resources"].items() if one["Type"] not in NOT_IN_MOTO}
    with mock_aws():
        client("s3").create_bucket(Bucket="artifacts")
        client("s3").put_object(Bucket="artifacts", Key="code.zip", Body=_empty_zip())
        client("s3").put_object(Bucket="artifacts", Key="monitoring.yaml", Body=json.dumps(monitoring()).encode())
        create_stack("falaai-test", {**template, "Resources": resources})
        yield resources


def create_stack(name: str, template: dict[str, Any], region: str = "us-east-1") -> None:
    client("cloudformation", region).create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
    )


def _empty_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "")
    return file.getvalue()


def physical(logical_id: str) -> str:
    there = client("cloudformation").describe_stack_resources(StackName="falaai-test")["StackResources"]
    # What moto does not make stands in its list without any name.
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in there if "PhysicalResourceId" in one}
    return str(names[logical_id])


def test_stack_is_complete(made: dict[str, Any]) -> None:
    assert len(made) > 90
    (stack,) = client("cloudformation").describe_stacks(StackName="falaai-test")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"].startswith("https://")


def test_monitoring_is_a_stack_of_its_own_that_gets_names_which_exist(made: dict[str, Any]) -> None:
    (stack,) = client("cloudformation").describe_stacks(StackName=physical("Monitoring"))["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    given = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert given["Product"] == "falaai-test"
    functions = {one["FunctionName"] for one in client("lambda").list_functions()["Functions"]}
    assert {value for name, value in given.items() if name.endswith("Function")} == functions
    queues = {url.rpartition("/")[2] for url in client("sqs").list_queues()["QueueUrls"]}
    assert {value for name, value in given.items() if name.endswith("Queue")} == queues


def test_queues_are_there_with_their_dead_letter_queues(made: dict[str, Any]) -> None:
    sqs = client("sqs")
    for name, properties in of(made, "AWS::SQS::Queue"):
        attributes = sqs.get_queue_attributes(QueueUrl=physical(name), AttributeNames=["All"])["Attributes"]
        if "RedrivePolicy" in properties:
            dead_letters = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
            own = sqs.get_queue_attributes(
                QueueUrl=physical(name.replace("Queue", "DeadLetterQueue")), AttributeNames=["QueueArn"]
            )
            assert dead_letters == own["Attributes"]["QueueArn"]


def test_bucket_is_there_and_encrypted(made: dict[str, Any]) -> None:
    assert "PicturesBucket" in made
    encryption = client("s3").get_bucket_encryption(Bucket=physical("PicturesBucket"))
    (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_functions_are_there_and_fed_by_their_queues(made: dict[str, Any]) -> None:
    functions = {one["FunctionName"]: one for one in client("lambda").list_functions()["Functions"]}
    wanted = {physical(name): properties for name, properties in of(made, "AWS::Lambda::Function")}
    assert {name: one["Timeout"] for name, one in functions.items()} == {
        name: properties["Timeout"] for name, properties in wanted.items()
    }
    queues = {
        one["EventSourceArn"].split("-")[-2]
        for one in client("lambda").list_event_source_mappings()["EventSourceMappings"]
    }
    assert queues == {"EmailQueue", "TitlesQueue", "MemoryQueue", "ExportQueue", "CleanupQueue"}


def test_schedule_is_one_that_eventbridge_takes(made: dict[str, Any]) -> None:
    function = client("lambda").get_function(FunctionName=physical("CleanupFunction"))
    scheduler, there = client("scheduler"), dict[str, Any]()
    for name, schedule in of(made, "AWS::Scheduler::Schedule"):
        target = {"Arn": function["Configuration"]["FunctionArn"], "RoleArn": "arn:aws:iam::123456789012:role/daily"}
        if given := schedule["Target"].get("Input"):
            target["Input"] = given
        plain = {key: value for key, value in schedule.items() if key not in ("Target", "Name")}
        scheduler.create_schedule(Name=name, Target=target, **plain)
        there[name] = scheduler.get_schedule(Name=name)
    daily, hourly = there["CleanupFunctionDaily"], there["CleanupFunctionHourly"]
    assert daily["ScheduleExpression"] == "cron(0 4 * * ? *)"
    assert daily["ScheduleExpressionTimezone"] == "America/Sao_Paulo"
    assert hourly["ScheduleExpression"] == "rate(1 hour)"
    assert json.loads(hourly["Target"]["Input"]) == {"only": "temporary_conversations"}


def names_of(stack: str, region: str) -> dict[str, str]:
    """Return the physical names of a stack's resources by logical id."""
    pages = client("cloudformation", region).get_paginator("list_stack_resources").paginate(StackName=stack)
    listed = [one for page in pages for one in page["StackResourceSummaries"]]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed if one.get("PhysicalResourceId")}


def test_environments_and_regions_of_an_account_share_no_name(made: dict[str, Any]) -> None:
    """Names of buckets and roles are global, so a region alone does not keep them apart."""
    places = [("falaai-test", "us-east-1"), ("falaai-second", "us-east-1")]
    places += [("falaai-test", "sa-east-1"), ("falaai-second", "sa-east-1")]
    for stack, region in places[1:]:
        create_stack(stack, {**translate(), "Resources": made}, region)
    names = [names_of(*place) for place in places]
    for stack, region in places[1:]:
        client("cloudformation", region).delete_stack(StackName=stack)
    assert {"PicturesBucket", "AuthFunctionRole", "EmailQueue", "ChatFunction"} <= set(names[0])
    assert [len(one) for one in names] == [len(names[0])] * 4
    assert len(names[0]) >= 40
    everything = [name for one in names for name in one.values()]
    assert len(everything) == len(set(everything))


# Properties with which a template chooses a resource's name itself.
NAMES = ("Name", "FunctionName", "QueueName", "BucketName", "RoleName", "PolicyName", "TopicName", "LogGroupName",
         "DashboardName", "BudgetName", "AlarmName", "LayerName", "ManagedPolicyName")  # fmt: skip


def test_only_names_that_hold_the_stack_are_chosen_by_the_template() -> None:
    resources = {**translate()["Resources"], **monitoring()["Resources"]}
    chosen = {
        (name, key): json.dumps(value)
        for name, one in resources.items()
        # A new version of a layer is no collision, and DNS knows each domain once.
        if one["Type"] != "AWS::Lambda::LayerVersion" and one.get("Condition") not in ("HasDomain", "HasHostedZone")
        for key, value in one.get("Properties", {}).items()
        if key in NAMES and value not in [{"Ref": other} for other in resources]  # those name other resources
    }
    assert chosen.keys() == {("Api", "Name"), ("Dashboard", "DashboardName")}
    assert chosen["Api", "Name"] == '{"Ref": "AWS::StackName"}'  # API Gateway allows two of one name
    assert "${Product}-${AWS::Region}" in chosen["Dashboard", "DashboardName"]  # global in an account


def test_no_account_is_written_down_but_that_of_the_web_adapter() -> None:
    # The hash of the API's deployment is another one in each translation, and may contain twelve digits.
    text = re.sub(r"[0-9a-f]{40}", "", json.dumps([translate(), monitoring()]))
    assert set(re.findall(r"(?<!\d)\d{12}(?!\d)", text)) == {"753240598075"}
