"""What AWS SAM makes of the template: the policies, the routes and the resources that really come to be."""

import json
import re
from typing import Any

import pytest

from devcloud.template import read_template
from tests.support.paths import ROOT
from tests.support.translation import of, translate

# AWS's own, for logs, traces and polling; SAM adds them, and X-Ray knows no resources to name.
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSLambdaSQSQueueExecutionRole"}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    return translate()


@pytest.fixture(scope="module")
def resources(stack: dict[str, Any]) -> dict[str, Any]:
    return dict(stack["Resources"])


def test_every_policy_names_what_it_is_about(resources: dict[str, Any]) -> None:
    seen = 0
    own = dict(of(resources, "AWS::IAM::ManagedPolicy"))
    for name, role in of(resources, "AWS::IAM::Role"):
        policies = [policy["PolicyDocument"] for policy in role["Policies"]]
        managed = role.get("ManagedPolicyArns", [])
        policies += [own[one["Ref"]]["PolicyDocument"] for one in managed if isinstance(one, dict)]
        for statement in (statement for policy in policies for statement in policy["Statement"]):
            seen += 1
            resource = json.dumps(statement["Resource"])
            assert "*" not in resource.replace("${PicturesBucket.Arn}/pictures/*", ""), name
            assert "*" not in json.dumps(statement["Action"]).replace("sqs:SendMessage*", ""), name
        assert {arn.rpartition("/")[2] for arn in managed if isinstance(arn, str)} <= MANAGED, name
    assert seen > 25


def test_each_shared_secret_is_read_through_one_policy_by_the_functions_that_are_told_its_name(
    resources: dict[str, Any],
) -> None:
    readers = {"DatabaseSecretPolicy": "DB_PASSWORD", "SessionKeyPolicy": "SESSION_SECRET_KEY"}
    readers |= {"GeminiKeyPolicy": "GEMINI_API_KEY"}
    assert {name for name, _ in of(resources, "AWS::IAM::ManagedPolicy")} == set(readers)
    for name, function in of(resources, "AWS::Lambda::Function"):
        attached = resources[f"{name}Role"]["Properties"]["ManagedPolicyArns"]
        told = set(function["Environment"]["Variables"])
        assert {one["Ref"] for one in attached if isinstance(one, dict)} == {
            policy for policy, variable in readers.items() if variable in told
        }


def test_only_our_api_may_invoke_a_function_and_only_on_its_route(resources: dict[str, Any]) -> None:
    permissions = [one for _, one in of(resources, "AWS::Lambda::Permission")]
    assert len(permissions) == len(read_template(ROOT / "template.yaml").routes)
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert "${__ApiId__}/${__Stage__}/" in permission["SourceArn"]["Fn::Sub"][0]


def test_what_is_kept_is_encrypted_and_closed_to_the_public(resources: dict[str, Any]) -> None:
    for name, queue in of(resources, "AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True, name
    ((_, bucket),) = of(resources, "AWS::S3::Bucket")
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_no_function_is_told_a_secret(resources: dict[str, Any]) -> None:
    secrets = ("DB_PASSWORD", "SESSION_SECRET_KEY", "GEMINI_API_KEY", "SENDGRID_API_KEY")
    told = [
        json.dumps(function["Environment"]["Variables"][secret])
        for _, function in of(resources, "AWS::Lambda::Function")
        for secret in secrets
        if secret in function["Environment"]["Variables"]
    ]
    assert len(told) > 10
    assert [value for value in told if not re.fullmatch(r'\{"Fn::Sub": "ssm:\$\{\w+\}"\}', value)] == []


def test_every_function_is_traced_counts_for_its_stack_and_runs_a_python_that_lasts(
    resources: dict[str, Any],
) -> None:
    for name, function in of(resources, "AWS::Lambda::Function"):
        assert function["Runtime"] == "python3.13", name
        assert "Active" in json.dumps(function["TracingConfig"]), name
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == {"Ref": "AWS::StackName"}, name


def test_stage_is_not_traced_since_its_segment_would_hold_addresses_and_queries(resources: dict[str, Any]) -> None:
    ((_, stage),) = of(resources, "AWS::ApiGateway::Stage")
    assert stage["TracingEnabled"] is False
    assert "AccessLogSetting" not in stage


def test_stage_is_throttled_for_every_route(resources: dict[str, Any]) -> None:
    ((_, stage),) = of(resources, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}


def test_address_of_the_api_itself_is_closed_when_there_is_a_domain(resources: dict[str, Any]) -> None:
    ((_, api),) = of(resources, "AWS::ApiGateway::RestApi")
    endpoint = api["Body"]["x-amazon-apigateway-endpoint-configuration"]
    assert endpoint["disableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}


def test_pictures_are_read_over_tls_alone(resources: dict[str, Any]) -> None:
    ((_, policy),) = of(resources, "AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "PicturesBucket"}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_every_route_is_in_the_api_and_one_alone_streams(resources: dict[str, Any]) -> None:
    ((_, api),) = of(resources, "AWS::ApiGateway::RestApi")
    found, streams = set(), []
    for path, methods in api["Body"]["paths"].items():
        methods = methods["Fn::If"][1] if "Fn::If" in methods else methods
        for method, operation in methods.items():
            if method == "Fn::If":
                ((method, operation),) = operation[1].items()
            found.add((method.upper(), path))
            text = json.dumps(operation)
            if '"responseTransferMode": "STREAM"' in text:
                streams.append((path, "/response-streaming-invocations" in text, '"timeoutInMillis": 125000' in text))
    assert found == {(route.method, route.path) for route in read_template(ROOT / "template.yaml").routes}
    assert streams == [("/chat/stream", True, True)]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["BinaryMediaTypes"] == ["*~1*"]  # CloudFormation writes the slash so


def test_what_only_a_domain_or_a_stream_needs_is_conditional(stack: dict[str, Any]) -> None:
    conditions = {name: one["Condition"] for name, one in stack["Resources"].items() if "Condition" in one}
    domain = {name: condition for name, condition in conditions.items() if name.startswith("CustomDomain")}
    assert domain == {
        "CustomDomain": "HasDomain",
        "CustomDomainMapping": "HasDomain",
        "CustomDomainRecord": "HasHostedZone",
    }
    assert all(conditions[name] == "Streams" for name in stack["Resources"] if name.startswith("ChatStream"))


def test_no_function_publishes_versions(resources: dict[str, Any]) -> None:
    """Each kept version costs, and a plain `sam deploy` would publish one only for new code of its own folder."""
    assert list(of(resources, "AWS::Lambda::Version")) == []
    assert list(of(resources, "AWS::Lambda::Alias")) == []
