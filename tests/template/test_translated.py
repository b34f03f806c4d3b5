"""The policies, routes and resources that AWS SAM makes from the template."""

import json
import re
from typing import Any

import pytest

from devcloud.template import read_template
from tests.support.paths import ROOT
from tests.support.translation import of, translate

# AWS's own, for logs, traces and polling; SAM adds them, and X-Ray knows no resources to name.
# Their actions, as the policies' versions 1 have them; all are allowed on every resource.
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
MANAGED = {
    "AWSLambdaBasicExecutionRole": LOGS,
    "AWSXrayWriteOnlyAccess": [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:GetSamplingStatisticSummaries",
    ],
    "AWSLambdaSQSQueueExecutionRole": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *LOGS],
}


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    return translate()


@pytest.fixture(scope="module")
def resources(stack: dict[str, Any]) -> dict[str, Any]:
    return dict(stack["Resources"])


def statements(resources: dict[str, Any], role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all statements of a role: its own, those of our managed policies and those of AWS's."""
    ours = dict(of(resources, "AWS::IAM::ManagedPolicy"))
    found = [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]
    for one in role.get("ManagedPolicyArns", []):
        if isinstance(one, dict):
            found += ours[one["Ref"]]["PolicyDocument"]["Statement"]
        else:
            found.append({"Effect": "Allow", "Action": MANAGED[one.rpartition("/")[2]], "Resource": "*"})
    return found


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


def covers(statement: dict[str, Any], resource: dict[str, Any]) -> bool:
    if "NotResource" in statement:
        return bool(statement["NotResource"] != resource)
    named = statement["Resource"]
    return named == "*" or resource in (named if isinstance(named, list) else [named])


def may(granted: list[dict[str, Any]], action: str, resource: dict[str, Any]) -> bool:
    """Decide as IAM does: a Deny that covers action and resource overrules each Allow."""
    effects = {one["Effect"] for one in granted if action in actions(one) and covers(one, resource)}
    return effects == {"Allow"}


def test_every_policy_names_its_actions_and_resources(resources: dict[str, Any]) -> None:
    seen = 0
    for name, role in of(resources, "AWS::IAM::Role"):
        assert {arn.rpartition("/")[2] for arn in role.get("ManagedPolicyArns", []) if isinstance(arn, str)} <= set(
            MANAGED
        )
        for statement in statements(resources, role):
            assert not any("*" in action for action in actions(statement)), name
            if statement["Effect"] == "Allow" and statement.get("Resource") != "*":
                seen += 1
                named = json.dumps(statement["Resource"])
                assert "*" not in re.sub(
                    r"\$\{PicturesBucket\.Arn\}/(pictures|exports|attachments|uploads)/\*", "", named
                ), name
    assert seen > 20


POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
# Queues to which each function sends; a worker also polls its own queue.
SENDS_TO = {
    "AuthFunction": {"EmailQueue", "ExportQueue", "CleanupQueue"},
    "AdminFunction": {"EmailQueue", "CleanupQueue"},
    "ChatFunction": {"TitlesQueue", "MemoryQueue", "CleanupQueue"},
    "AttachmentsFunction": {"CleanupQueue"},
    "ChatStreamFunction": {"TitlesQueue", "MemoryQueue"},
    "TitlesFunction": {"TitlesDeadLetterQueue"},
    "MemoryFunction": {"MemoryDeadLetterQueue"},
    "EmailFunction": {"EmailDeadLetterQueue"},
    "ExportFunction": {"EmailQueue", "ExportDeadLetterQueue"},
    "CleanupFunction": {"CleanupQueue", "CleanupDeadLetterQueue"},
}


@pytest.mark.parametrize("function", SENDS_TO)
def test_function_uses_its_own_queues_and_no_other(resources: dict[str, Any], function: str) -> None:
    template = read_template(ROOT / "template.yaml")
    assert set(SENDS_TO) == set(template.functions)
    granted = statements(resources, resources[f"{function}Role"]["Properties"])
    polled = {trigger.queue for trigger in template.queue_triggers if trigger.function == function}
    for queue in template.queues:
        arn = {"Fn::GetAtt": [queue.logical_id, "Arn"]}
        for action in [*POLLING, "sqs:ChangeMessageVisibility"]:
            assert may(granted, action, arn) == (queue.logical_id in polled), (action, queue.logical_id)
        assert may(granted, "sqs:SendMessage", arn) == (queue.logical_id in SENDS_TO[function]), queue.logical_id


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


def test_access_log_is_an_option_and_holds_no_personal_data(stack: dict[str, Any]) -> None:
    assert stack["Parameters"]["AccessLogs"]["Default"] == "off"
    ((_, stage),) = of(stack["Resources"], "AWS::ApiGateway::Stage")
    condition, log, off = stage["AccessLogSetting"]["Fn::If"]
    assert (condition, off) == ("LogsAccess", {"Ref": "AWS::NoValue"})
    # resourcePath is the route with its placeholders; path, requestLine and identity.* hold tokens and addresses.
    assert set(re.findall(r"\$context\.([\w.]+)", log["Format"])) == {
        "extendedRequestId",
        "httpMethod",
        "resourcePath",
        "status",
        "responseLatency",
        "integrationErrorMessage",
    }
    assert set(json.loads(log["Format"])) == {"requestId", "method", "route", "status", "milliseconds", "error"}


def test_api_has_one_stage_and_each_deployment_is_a_new_one() -> None:
    """SAM names a deployment after the API's text, in which a condition as that of Streaming changes nothing."""
    names = []
    for streaming in ("on", "off", "on"):
        resources = translate(f"Streaming={streaming}")["Resources"]
        ((name, deployment),) = of(resources, "AWS::ApiGateway::Deployment")
        ((_, stage),) = of(resources, "AWS::ApiGateway::Stage")
        assert "StageName" not in deployment  # it would be a second stage
        assert (stage["DeploymentId"], stage["StageName"]) == ({"Ref": name}, {"Ref": "Stage"})
        names.append(name)
    assert len(set(names)) == 3


def test_queues_are_used_over_tls_alone(resources: dict[str, Any]) -> None:
    ((_, policy),) = of(resources, "AWS::SQS::QueuePolicy")
    assert policy["Queues"] == [{"Ref": name} for name, _ in of(resources, "AWS::SQS::Queue")]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_function_restarts_when_a_secret_has_a_new_version(resources: dict[str, Any]) -> None:
    for name, function in of(resources, "AWS::Lambda::Function"):
        assert function["Environment"]["Variables"]["SECRET_VERSIONS"] == {"Ref": "SecretVersions"}, name


def test_stage_is_throttled_for_every_route(resources: dict[str, Any]) -> None:
    ((_, stage),) = of(resources, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}


def test_address_of_the_api_itself_is_closed_when_there_is_a_domain(resources: dict[str, Any]) -> None:
    ((_, api),) = of(resources, "AWS::ApiGateway::RestApi")
    (server,) = api["Body"]["servers"]
    endpoint = server["x-amazon-apigateway-endpoint-configuration"]
    assert endpoint["disableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}


def test_pictures_are_read_over_tls_alone(resources: dict[str, Any]) -> None:
    ((_, policy),) = of(resources, "AWS::S3::BucketPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": "PicturesBucket"}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_every_route_is_in_the_api_and_those_of_the_streaming_function_stream(resources: dict[str, Any]) -> None:
    ((_, api),) = of(resources, "AWS::ApiGateway::RestApi")
    found, waits_long = set(), {}
    for path, methods in api["Body"]["paths"].items():
        methods = methods["Fn::If"][1] if "Fn::If" in methods else methods
        for method, operation in methods.items():
            if method == "Fn::If":
                ((method, operation),) = operation[1].items()
            found.add((method.upper(), path))
            text = json.dumps(operation)
            if '"responseTransferMode": "STREAM"' in text:
                assert "/response-streaming-invocations" in text
                waits_long[path] = '"timeoutInMillis": 125000' in text
    assert found == {(route.method, route.path) for route in read_template(ROOT / "template.yaml").routes}
    assert waits_long == {"/chat/stream": True, "/chat/warm-up": False}
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


def test_resources_that_hold_data_keep_their_names_in_every_release(resources: dict[str, Any]) -> None:
    """The next deployment, forward or back, would delete a renamed one with its content."""
    queues = ("Titles", "Memory", "Email", "Export", "Cleanup")
    kept = {"PicturesBucket", *(f"{name}{kind}" for name in queues for kind in ("Queue", "DeadLetterQueue"))}
    assert kept <= set(resources)
